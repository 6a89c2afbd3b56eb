#include "server/front_door/dispatch.h"

#include <algorithm>
#include <array>
#include <optional>

#include "api/s3/operation_table.h"
#include "api/wire/text.h"
#include "server/front_door/authority.h"
#include "server/front_door/signature_scope.h"

namespace trainyard::server {

namespace {

using api::Protocol;

struct KnownService {
  Service service;
  std::string_view model_name;    // before the dot in X-Amz-Target, and in the path of RPC v2
  std::string_view signing_name;  // in a signature's scope
  std::string_view version;       // in a form
  Protocol protocol;              // of a request that is known by its scope alone
};

constexpr std::array<KnownService, 6> known_services{{
    {Service::sagemaker, "SageMaker", "sagemaker", "", Protocol::json},
    {Service::logs, "Logs_20140328", "logs", "", Protocol::json},
    {Service::s3, "", "s3", "", Protocol::rest_xml},
    {Service::sts, "", "sts", "2011-06-15", Protocol::query},
    {Service::iam, "", "iam", "2010-05-08", Protocol::query},
    {Service::cloudwatch, "GraniteServiceVersion20100801", "monitoring", "2010-08-01",
     Protocol::query},
}};

const KnownService* find_known(std::string_view KnownService::* name, std::string_view value) {
  if (value.empty()) return nullptr;
  const auto found = std::find_if(known_services.begin(), known_services.end(),
                                  [&](const KnownService& known) { return known.*name == value; });
  return found == known_services.end() ? nullptr : &*found;
}

// The media type alone, lower case.
std::string media_type(const api::Request& request) {
  const std::string_view type = request.headers.get("Content-Type");
  return api::to_lower(type.substr(0, type.find_first_of("; \t")));
}

bool is_form(const api::Request& request) {
  return media_type(request) == "application/x-www-form-urlencoded";
}

// In what form the sender of something unknown would understand an answer.
Protocol apparent_protocol(const api::Request& request) {
  const std::string type = media_type(request);
  if (type == "application/json" || type.starts_with("application/x-amz-json-")) {
    return Protocol::json;
  }
  if (type == "application/cbor") return Protocol::cbor;
  if (is_form(request)) return Protocol::query;
  return Protocol::plain;
}

bool is_control_path(std::string_view path) {
  return path == "/_trainyard" || path.starts_with("/_trainyard/") || path == "/moto-api/reset" ||
         path == "/_localstack/health";
}

// "/service/NAME/operation/OPERATION"; the NAME.
std::optional<std::string_view> rpc_service(std::string_view path) {
  constexpr std::string_view begin = "/service/";
  constexpr std::string_view middle = "/operation/";
  if (!path.starts_with(begin)) return std::nullopt;
  path.remove_prefix(begin.size());
  const std::size_t end = path.find(middle);
  if (end == std::string_view::npos || end + middle.size() == path.size()) return std::nullopt;
  return path.substr(0, end);
}

Destination by_model_name(std::string_view name, Protocol protocol,
                          const std::optional<std::string>& scope) {
  const KnownService* known = find_known(&KnownService::model_name, name);
  if (!known) return {.service = Service::unknown, .protocol = protocol};
  return {.service = known->service,
          .protocol = protocol,
          .wrong_scope = scope && *scope != known->signing_name};
}

bool is_invocation(std::string_view path) {
  constexpr std::string_view begin = "/endpoints/";
  return path.starts_with(begin) && path.find('/', begin.size()) != std::string_view::npos &&
         (path.ends_with("/invocations") || path.ends_with("/async-invocations") ||
          path.ends_with("/invocations-response-stream"));
}

// SageMaker, its runtime and its metrics endpoint share one name in signatures.
Destination by_scope(std::string_view scope, const api::Request& request) {
  const KnownService* known = find_known(&KnownService::signing_name, scope);
  if (!known) return {.service = Service::unknown, .protocol = apparent_protocol(request)};
  Destination destination{.service = known->service, .protocol = known->protocol};
  if (known->service == Service::sagemaker) {
    if (request.path == "/BatchPutMetrics" || request.path == "/BatchGetMetrics") {
      destination.service = Service::sagemaker_metrics;
    }
    if (is_invocation(request.path)) destination.service = Service::sagemaker_runtime;
  }
  return destination;
}

// An unsigned call of the query protocol, in a body or (GET) in the query.
std::optional<Destination> by_form(const api::Request& request, std::string_view form) {
  if (request.path != "/") return std::nullopt;
  const std::string_view fields = request.method == "GET" ? request.query : form;
  const auto version = form_value(fields, "Version");
  if (!version || !form_value(fields, "Action")) return std::nullopt;
  const KnownService* known = find_known(&KnownService::version, *version);
  return Destination{.service = known ? known->service : Service::unknown,
                     .protocol = Protocol::query};
}

// S3 has POST for five things, each with its mark in the query, and for uploads by HTML forms.
bool is_s3_post(const api::Request& request) {
  constexpr std::array<std::string_view, 5> marks{"delete", "uploads", "uploadId", "select",
                                                  "restore"};
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return form_value(request.query, mark); }) ||
         media_type(request) == "multipart/form-data";
}

bool is_s3_method(const api::Request& request) {
  constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  if (request.method == "POST") return is_s3_post(request);
  return std::find(methods.begin(), methods.end(), request.method) != methods.end();
}

bool is_read(const api::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

bool is_browser_at_root(const api::Request& request) {
  return is_read(request) && request.path == "/" &&
         request.headers.get("Accept").find("text/html") != std::string_view::npos;
}

// An unsigned request whose path could name a bucket. An underscore cannot begin a bucket's name.
bool is_s3_path(const api::Request& request) {
  if (request.path == "/") return is_read(request) && !is_browser_at_root(request);
  return !request.path.starts_with("/_") && is_s3_method(request);
}

// An upload by an HTML form carries its own signature, and a preflight asks before there is one.
Destination to_s3(const api::Request& request, std::string bucket_from_host) {
  Destination destination{.service = Service::s3,
                          .protocol = Protocol::rest_xml,
                          .bucket_from_host = std::move(bucket_from_host)};
  const bool form = media_type(request) == "multipart/form-data" &&
                    api::is_signed_inside(request, destination.host_bucket());
  destination.may_be_unsigned = form || request.method == "OPTIONS";
  return destination;
}

}  // namespace

std::string_view to_string(Service service) {
  switch (service) {
    case Service::control:
      return "control";
    case Service::sagemaker:
      return "sagemaker";
    case Service::logs:
      return "logs";
    case Service::s3:
      return "s3";
    case Service::sts:
      return "sts";
    case Service::iam:
      return "iam";
    case Service::cloudwatch:
      return "cloudwatch";
    case Service::sagemaker_runtime:
      return "sagemaker-runtime";
    case Service::sagemaker_metrics:
      return "sagemaker-metrics";
    case Service::console:
      return "console";
    case Service::unknown:
      break;
  }
  return "unknown";
}

std::string_view signing_name(Service service) {
  if (service == Service::sagemaker_runtime || service == Service::sagemaker_metrics) {
    service = Service::sagemaker;
  }
  const auto found =
      std::find_if(known_services.begin(), known_services.end(),
                   [&](const KnownService& known) { return known.service == service; });
  return found == known_services.end() ? std::string_view() : found->signing_name;
}

Dispatcher::Dispatcher(const DispatchRules& rules) : parents_{".localhost"} {
  for (const std::string& host : rules.hosts) {
    const bool parent = host.starts_with("*.");
    const auto authority = parse_authority(std::string_view(host).substr(parent ? 2 : 0));
    if (!authority) continue;
    const std::string name(authority->name());
    if (parent) parents_.push_back("." + name);
    own_names_.push_back(name);
  }
}

bool Dispatcher::needs_form(const api::Request& request) {
  return request.method == "POST" && request.path == "/" && is_form(request) &&
         !request.headers.find("X-Amz-Target") && !signature_scope(request);
}

Destination Dispatcher::destination(const api::Request& request, std::string_view form) const {
  if (is_control_path(request.path)) return {.service = Service::control};
  const auto scope = signature_scope(request);
  if (const auto target = request.headers.find("X-Amz-Target")) {
    return by_model_name(target->substr(0, target->find('.')), Protocol::json, scope);
  }
  if (request.headers.get("Smithy-Protocol") == "rpc-v2-cbor") {
    if (const auto name = rpc_service(request.path)) {
      return by_model_name(*name, Protocol::cbor, scope);
    }
  }
  if (scope) {
    Destination destination = by_scope(*scope, request);
    if (destination.service == Service::s3) destination = to_s3(request, bucket_of_host(request));
    return destination;
  }
  if (const auto destination = by_form(request, form)) return *destination;

  std::string bucket = bucket_of_host(request);
  if (has_signature_v2(request)) return to_s3(request, std::move(bucket));
  if (!bucket.empty() ? is_s3_method(request) : is_s3_path(request)) {
    return to_s3(request, std::move(bucket));
  }
  if (is_browser_at_root(request)) return {.service = Service::console};
  return {.service = Service::unknown, .protocol = apparent_protocol(request)};
}

// BUCKET.localhost, BUCKET.s3.localhost or BUCKET.s3.REGION.localhost, and the same below every
// configured "*.name". The names that the daemon itself goes by are no buckets.
std::string Dispatcher::bucket_of_host(const api::Request& request) const {
  const auto host = parse_authority(request.headers.get("Host"));
  if (!host) return {};
  std::string_view name = host->name();
  if (std::find(own_names_.begin(), own_names_.end(), name) != own_names_.end()) return {};
  std::string_view longest;
  for (const std::string& parent : parents_) {
    if (name.ends_with(parent) && parent.size() > longest.size()) longest = parent;
  }
  if (longest.empty()) return {};
  name.remove_suffix(longest.size());
  if (name == "s3" || (name.starts_with("s3.") && name.find('.', 3) == std::string_view::npos)) {
    return {};
  }
  if (name.ends_with(".s3")) {
    name.remove_suffix(3);
  } else if (const std::size_t dot = name.rfind('.');
             dot != std::string_view::npos && name.substr(0, dot).ends_with(".s3")) {
    name = name.substr(0, dot - 3);
  }
  return std::string(name);
}

}  // namespace trainyard::server

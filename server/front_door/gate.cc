#include "server/front_door/gate.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "runtime/job/network_pool.h"

namespace trainyard::server {

namespace {

// Long enough to recognise what was sent, without giving all of it back.
std::string shown(std::string_view value) {
  constexpr std::size_t limit = 100;
  return std::string(value.substr(0, limit));
}

// A page served by this very address: same scheme (ours has no TLS), host and port.
bool is_same_origin(const Origin& origin, const Authority& host) {
  return origin.scheme == "http" && origin.authority.host == host.host &&
         origin.authority.port == host.port.value_or(80);
}

}  // namespace

Gate::Gate(const GateRules& rules) : only_from_(rules.only_from), not_from_(rules.not_from) {
  for (const std::string& host : rules.hosts) {
    const bool parent = host.starts_with("*.");
    const auto authority = parse_authority(std::string_view(host).substr(parent ? 2 : 0));
    if (!authority) {
      spdlog::warn("\"{}\" is no host name and admits nobody", host);
    } else if (parent) {
      parent_hosts_.push_back("." + std::string(authority->name()));
    } else {
      hosts_.emplace_back(authority->name());
    }
  }
  for (const std::string& text : rules.origins) {
    if (text == "null") {
      null_origin_ = true;
    } else if (auto origin = parse_origin(text)) {
      origins_.push_back(std::move(*origin));
    } else {
      spdlog::warn("\"{}\" is no origin and admits nobody", text);
    }
  }
}

std::optional<std::string> Gate::refusal(const api::Request& request,
                                         const std::function<bool()>& admits_page) const {
  if (auto refusal = refusal_of_client(request.client)) return refusal;
  const auto hosts = request.headers.all("Host");
  if (hosts.size() != 1) return "the request must name one Host";
  const auto host = parse_authority(hosts.front());
  if (!host || !admits_host(*host)) {
    return fmt::format(
        "the Host \"{}\" is not one this daemon answers to; use localhost, or start it with "
        "--allowed-host",
        shown(hosts.front()));
  }

  const auto origins = request.headers.all("Origin");
  if (origins.size() > 1) return "the request has more than one Origin";
  if (origins.size() == 1) {
    if (configured(origins.front())) return std::nullopt;
    const auto origin = parse_origin(origins.front());
    if (origin && is_same_origin(*origin, *host)) return std::nullopt;
    if (admits_page()) return std::nullopt;
    return fmt::format(
        "requests from web pages of the origin \"{}\" are refused; admit them with "
        "--allowed-origin, or to the objects of a bucket by its CORS rules",
        shown(origins.front()));
  }

  for (const std::string_view site : request.headers.all("Sec-Fetch-Site")) {
    if (site != "same-origin" && site != "none") {
      return "requests from other web sites are refused; admit theirs with --allowed-origin";
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> Gate::configured_origin(const api::Request& request) const {
  const auto origin = request.headers.find("Origin");
  if (!origin || !configured(*origin)) return std::nullopt;
  return origin;
}

std::optional<std::string> Gate::refusal_of_client(const std::string& address) const {
  // The host itself is seen at a network's gateway where the daemon is a container that joined it.
  if (not_from_ && not_from_->contains(address) &&
      !not_from_->contains_gateway(address, job_network_prefix)) {
    return fmt::format(
        "{} is an address of a job's container, and containers reach the daemon only at the "
        "address that their AWS_ENDPOINT_URL names (networks of jobs lie in {}; change that with "
        "--network-cidr)",
        address, not_from_->text());
  }
  const bool inside = !only_from_ || (only_from_->contains(address) &&
                                      !only_from_->contains_gateway(address, only_from_->prefix()));
  if (inside) return std::nullopt;
  return fmt::format(
      "only containers of the job that this address was made for may use it, and {} "
      "is none of theirs",
      address);
}

bool Gate::admits_host(const Authority& host) const {
  const std::string_view name = host.name();
  if (is_localhost_name(name) || is_loopback_address(host.host)) return true;
  return std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end() ||
         std::any_of(parent_hosts_.begin(), parent_hosts_.end(),
                     [&](const std::string& parent) { return name.ends_with(parent); });
}

bool Gate::configured(std::string_view text) const {
  if (text == "null") return null_origin_;
  const auto origin = parse_origin(text);
  return origin && std::find(origins_.begin(), origins_.end(), *origin) != origins_.end();
}

}  // namespace trainyard::server

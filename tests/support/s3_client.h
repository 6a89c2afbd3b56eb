#pragma once

// Calls an S3Service directly, with requests as values: no sockets.

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "api/s3/s3_service.h"
#include "runtime/object/object_files.h"
#include "tests/support/fake_clock.h"
#include "tests/support/request.h"
#include "tests/support/temp_dir.h"

namespace trainyard::testing {

struct S3Answer {
  int status = 0;
  api::Headers headers;
  std::string body;
  std::optional<std::uint64_t> head_length;

  // The texts of all elements of that name, which have no elements of their own.
  std::vector<std::string> elements(const std::string& name) const {
    const std::string open = "<" + name + ">";
    std::vector<std::string> texts;
    for (std::size_t at = 0; (at = body.find(open, at)) != body.npos;) {
      at += open.size();
      texts.push_back(body.substr(at, body.find("</" + name + ">", at) - at));
    }
    return texts;
  }
  // The first of them, or "".
  std::string element(const std::string& name) const {
    const auto all = elements(name);
    return all.empty() ? "" : all.front();
  }
  std::string code() const { return element("Code"); }
  std::string header(std::string_view name) const { return std::string(headers.get(name)); }
};

class S3Client {
 public:
  using Fields = std::vector<std::string>;  // "Name: value"

  explicit S3Client(api::S3Settings settings = {}) {
    auto opened = EmbeddedStore::open(directory / "objects", clock, {});
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(*opened);
    buckets = std::make_unique<Buckets>(*store);
    service_ = std::make_unique<api::S3Service>(*buckets, clock, std::move(settings));
  }

  S3Answer call(const std::string& method, const std::string& target, const Fields& fields = {},
                const std::string& body = "") {
    TestRequest request(method, target, fields, body);
    api::Response response = service_->handle(request.request(), bucket_from_host);
    S3Answer answer{response.status, response.headers, "", response.head_length};
    if (auto* text = std::get_if<std::string>(&response.body)) answer.body = *text;
    if (auto* range = std::get_if<api::FileRange>(&response.body)) {
      FileRangeSource file(range->fd, range->offset, range->length);
      answer.body = read_all(file, 1u << 30).value();
    }
    return answer;
  }
  S3Answer get(const std::string& target, const Fields& fields = {}) {
    return call("GET", target, fields);
  }
  S3Answer head(const std::string& target, const Fields& fields = {}) {
    return call("HEAD", target, fields);
  }
  S3Answer put(const std::string& target, const std::string& body = "", const Fields& fields = {}) {
    return call("PUT", target, fields, body);
  }

  TempDir directory;
  FakeClock clock;
  std::unique_ptr<EmbeddedStore> store;
  std::unique_ptr<Buckets> buckets;
  std::optional<std::string> bucket_from_host;

 private:
  std::unique_ptr<api::S3Service> service_;
};

}  // namespace trainyard::testing

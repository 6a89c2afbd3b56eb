// Gate and dispatch on arbitrary requests. An input is the text of a request: header, empty line,
// body; what is no HTTP at all goes in with its lines as they are.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/front_door/front_door.h"
#include "server/http/request_head.h"

namespace {

using namespace trainyard;
using namespace trainyard::server;

const FrontDoor& front_door() {
  const auto served = [](api::Request& request, const Destination&) {
    api::Response response;
    response.body = read_all(*request.body, 1024 * 1024).value_or("");
    return response;
  };
  static const FrontDoor door(
      GateRules{{"trainyard", "*.internal.example"}, {"https://console.example"}},
      {{Service::s3, served}, {Service::sts, served}, {Service::sagemaker, served}});
  return door;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

// Without the checks of the server's parser, so that nothing relies on them.
RequestHead careless_head(std::string_view& text) {
  RequestHead head;
  const std::string_view first = take_line(text);
  const std::size_t space = first.find(' ');
  head.method = first.substr(0, space);
  std::string_view target = space == std::string_view::npos ? "" : first.substr(space + 1);
  target = target.substr(0, target.find(' '));
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    head.headers.add(std::string(line.substr(0, colon)),
                     colon == std::string_view::npos ? "" : std::string(line.substr(colon + 2)));
  }
  return head;
}

void expect(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  HeadScanner scanner;
  RequestHead head;
  if (scanner.scan(text, 65536) == HeadScanner::State::complete) {
    auto parsed = parse_request_head(text.substr(0, scanner.size()));
    if (parsed) {
      expect(parsed->path.starts_with('/'));
      expect(!(parsed->chunked && parsed->content_length));
    }
  }
  head = careless_head(text);
  StringSource body{std::string(text)};
  api::Request request;
  request.id = "id";
  request.method = head.method;
  request.path = head.path;
  request.query = head.query;
  request.headers = head.headers;
  request.body = &body;

  const std::string_view origin = request.headers.get("Origin");
  const bool foreign = origin.find("evil") != std::string_view::npos;
  const api::Response response = front_door().answer(request);
  expect(response.status >= 200 && response.status < 600);
  if (foreign && request.headers.get("Host").find("evil") == std::string_view::npos) {
    expect(response.status == 403);
  }
  return 0;
}

#include "server/front_door/replaced_body.h"

#include <utility>

namespace trainyard::server {

namespace {

// A streamed answer that may still read the request's body.
class AnswerWithBody final : public ByteSource {
 public:
  AnswerWithBody(std::shared_ptr<ByteSource> body, std::unique_ptr<ByteSource> answer)
      : body_(std::move(body)), answer_(std::move(answer)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override { return answer_->read(buffer); }

 private:
  std::shared_ptr<ByteSource> body_;  // destroyed last
  std::unique_ptr<ByteSource> answer_;
};

}  // namespace

api::Response serve_with_body(api::Request& request, std::shared_ptr<ByteSource> body,
                              const std::function<api::Response(api::Request&)>& serve) {
  ByteSource* const original = std::exchange(request.body, body.get());
  api::Response response = serve(request);
  request.body = original;
  if (auto* const streamed = std::get_if<api::StreamedBody>(&response.body)) {
    streamed->source =
        std::make_unique<AnswerWithBody>(std::move(body), std::move(streamed->source));
  }
  return response;
}

}  // namespace trainyard::server

#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/engine_error.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {
namespace {

std::string archive_target(const std::string& id, std::string_view path) {
  // With a slash at its end a link would be followed.
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return fmt::format("/containers/{}/archive?path={}", encode_path(id), encode_query(path));
}

}  // namespace

Result<void> DockerEngine::put_archive(const std::string& id, const std::string& path,
                                       const BodyProducer& tar, std::stop_token stop) {
  HttpRequest request;
  request.method = "PUT";
  request.target = archive_target(id, path);
  request.content_type = "application/x-tar";
  TRY(const auto stream, client_.stream(request, &tar, transfer_idle_limit, stop));
  if (stream->ok()) return {};
  return failure(engine_error(fmt::format("writing files to {} of the container {}", path, id),
                              stream->status(), stream->read_text(error_body_limit_bytes)));
}

Result<std::unique_ptr<ByteSource>> DockerEngine::get_archive(const std::string& id,
                                                              const std::string& path,
                                                              std::stop_token stop) {
  TRY(auto stream,
      client_.stream(get_request(archive_target(id, path)), nullptr, transfer_idle_limit, stop));
  if (!stream->ok()) {
    return failure(engine_error(fmt::format("reading {} of the container {}", path, id),
                                stream->status(), stream->read_text(error_body_limit_bytes)));
  }
  return std::unique_ptr<ByteSource>(std::move(stream));
}

}  // namespace trainyard

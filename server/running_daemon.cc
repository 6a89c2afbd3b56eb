#include "server/running_daemon.h"

#include "runtime/store/data_directory.h"
#include "server/access_keys.h"

namespace trainyard::server {

namespace {

Result<BaseUrl> url_of(const std::filesystem::path& data_dir) {
  auto address = read_address(data_dir);
  if (address) return parse_base_url(*address);
  std::string message = address.error().message;
  if (address.error().kind == ErrorKind::not_found) {
    message += fmt::format(
        "\nStart one with \"trainyard serve --data-dir {}\", or name another with --data-dir or "
        "--url.",
        data_dir.string());
  }
  return failure(address.error().kind, std::move(message));
}

}  // namespace

Result<RunningDaemon> find_daemon(const std::optional<std::string>& url,
                                  const std::filesystem::path& data_dir) {
  RunningDaemon daemon;
  const auto own = url_of(data_dir);
  if (url) {
    TRY(daemon.url, parse_base_url(*url));
  } else {
    TRY(daemon.url, own);
  }
  // A stranger gets no token.
  const bool is_own = own && own->text() == daemon.url.text();
  if (is_own) daemon.token = own_control_token(data_dir);
  return daemon;
}

}  // namespace trainyard::server

#include "runtime/job/trusted_roots.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "runtime/artifact/archive_tree.h"

namespace trainyard {

namespace {

namespace fs = std::filesystem;

// Where systems keep all their roots in one file.
constexpr const char* usual_paths[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, Red Hat, Amazon Linux
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // the same, where the above is a link
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/etc/ssl/cert.pem",                                  // Alpine without the package
};

constexpr std::size_t most_bytes = 8 << 20;
constexpr std::size_t most_images = 64;
constexpr int most_links = 8;

// Content of the file at `path`; "" when there is none.
Result<std::string> file_in(ContainerEngine& engine, const std::string& container, fs::path path,
                            const std::stop_token& stop) {
  for (int links = 0; links <= most_links; ++links) {
    auto archive = engine.get_archive(container, path, stop);
    if (!archive && archive.error().kind != ErrorKind::unavailable &&
        archive.error().kind != ErrorKind::cancelled) {
      return std::string();
    }
    if (!archive) return failure(std::move(archive).error());
    ArchiveTree tree(std::move(*archive));
    TRY(const auto entry, tree.next());
    if (entry && entry->type == TreeEntry::Type::symlink) {
      path = (path.parent_path() / entry->link_target).lexically_normal();
      continue;
    }
    std::string text;
    if (!entry || entry->type != TreeEntry::Type::file || entry->size > most_bytes) return text;
    std::vector<std::byte> buffer(64 * 1024);
    for (;;) {
      TRY(const std::size_t count, tree.read(buffer));
      if (count == 0) return text;
      text.append(as_text(std::span(buffer).first(count)));
    }
  }
  return std::string();
}

std::string roots_of_machine(const fs::path& root) {
  for (const char* path : usual_paths) {
    std::error_code error;
    const fs::path file = root / fs::path(path).relative_path();
    if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > most_bytes) continue;
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    if (!text.str().empty()) return text.str();
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> trusted_roots_environment() {
  std::map<std::string, std::string> variables;
  for (const char* name :
       {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"}) {
    variables[name] = trusted_roots_path;
  }
  return variables;
}

TrustedRoots::TrustedRoots(ContainerEngine& engine, std::string added, std::string machine_root)
    : engine_(engine), added_(std::move(added)), machine_root_(std::move(machine_root)) {
}

Result<std::string> TrustedRoots::roots_of(const std::string& container, std::stop_token stop) {
  for (const char* path : usual_paths) {
    TRY(std::string roots, file_in(engine_, container, path, stop));
    if (!roots.empty()) return roots;
  }
  return roots_of_machine(machine_root_);
}

Result<std::string> TrustedRoots::bundle(const std::string& image_id, const std::string& container,
                                         std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = bundles_.find(image_id); known != bundles_.end()) return known->second;
  }
  TRY(std::string bundle, roots_of(container, stop));
  if (!bundle.empty() && bundle.back() != '\n') bundle += '\n';
  bundle += added_;
  const std::lock_guard lock(mutex_);
  if (bundles_.size() >= most_images) bundles_.clear();
  bundles_[image_id] = bundle;
  return bundle;
}

}  // namespace trainyard

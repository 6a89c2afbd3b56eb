#include "runtime/artifact/tar_writer.h"

#include <doctest/doctest.h>
#include <openssl/sha.h>

namespace trainyard {
namespace {

using Type = TreeEntry::Type;

std::string sha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

// Counts, and keeps the beginning.
class CountingSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    total += bytes.size();
    if (head.size() < 512) head.append(as_text(bytes), 0, 512 - head.size());
    return {};
  }
  std::uint64_t total = 0;
  std::string head;
};

}  // namespace

TEST_CASE("the bytes of an archive are what they were") {
  StringSink sink;
  TarWriter writer(sink);
  REQUIRE(writer.add_directory("dir", 02755, 1700000000));
  REQUIRE(writer.add_file("dir/file", 06644, 1700000001, "content"));
  REQUIRE(writer.begin({"dir/link", Type::symlink, 0777, 1700000002, 0, "../elsewhere"}));
  REQUIRE(writer.begin({"dir/same", Type::hardlink, 0644, 1700000003, 0, "dir/file"}));
  REQUIRE(writer.add_file("dir/\xff " + std::string(200, 'n'), 0600, -5, ""));
  REQUIRE(writer.finish());
  const std::string& tar = sink.text();

  CHECK(tar.substr(0, 5) == std::string("dir/\0", 5));
  CHECK(tar.substr(100, 8) == std::string("0000755\0", 8));  // no set-id bit
  CHECK(tar.substr(108, 8) == std::string("0000000\0", 8));  // owner
  CHECK(tar.substr(136, 11) == "14524770400");               // 1700000000
  CHECK(tar[156] == '5');
  CHECK(tar[265] == '\0');  // no owner's name
  CHECK(tar.substr(512 + 100, 8) == std::string("0000644\0", 8));
  CHECK(tar.substr(1024, 7) == "content");
  CHECK(tar.size() % 512 == 0);
  CHECK(sha256(tar) == "562ef974337422e9cda34277bee846b38b7bcda63763dc51f18729ad6ae53a17");
}

TEST_CASE("a file above 8 GiB keeps its size") {
  CountingSink sink;
  TarWriter writer(sink);
  TreeEntry entry;
  entry.path = "big";
  entry.size = 9ULL << 30;
  REQUIRE(writer.begin(entry));
  const std::vector<std::byte> piece(64 << 20);
  for (std::uint64_t written = 0; written < entry.size; written += piece.size()) {
    REQUIRE(writer.write(piece));
  }
  REQUIRE(writer.finish());
  CHECK(sink.total == entry.size + 512 + 1024);
  CHECK(sink.head.substr(124, 12) == std::string("\x80\0\0\0\0\0\0\x02\x40\0\0\0", 12));
}

TEST_CASE("content must be exactly as long as its entry said") {
  StringSink sink;
  TreeEntry entry;
  entry.path = "file";
  entry.size = 4;
  {
    TarWriter writer(sink);
    REQUIRE(writer.begin(entry));
    CHECK_FALSE(writer.write(as_bytes("12345")));
  }
  {
    TarWriter writer(sink);
    REQUIRE(writer.begin(entry));
    REQUIRE(writer.write(as_bytes("123")));
    const auto finished = writer.finish();
    REQUIRE_FALSE(finished);
    CHECK(finished.error().kind == ErrorKind::data_corrupt);
    CHECK_FALSE(writer.begin(entry));
  }
}

TEST_CASE("an error of the sink comes back as it is, and a writer that is dropped writes no end") {
  struct Closed final : ByteSink {
    Result<void> write(std::span<const std::byte>) override {
      return failure(ErrorKind::unavailable, "closed");
    }
  } closed;
  TarWriter writer(closed);
  const auto begun = writer.add_file("file", 0644, 0, "content");
  REQUIRE_FALSE(begun);
  CHECK(begun.error() == Error{ErrorKind::unavailable, "closed"});
  CHECK_FALSE(writer.finish());

  StringSink sink;
  {
    TarWriter dropped(sink);
    REQUIRE(dropped.add_file("file", 0644, 0, std::string(512, 'x')));
  }
  CHECK(sink.text().size() == 1024);
}

}  // namespace trainyard

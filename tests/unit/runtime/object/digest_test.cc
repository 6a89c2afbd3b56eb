#include "runtime/object/digest.h"

#include <doctest/doctest.h>

#include "runtime/base/stream.h"
#include "runtime/object/crc.h"
#include "runtime/object/digest_set.h"

namespace trainyard {

namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

constexpr DigestAlgorithm all[] = {DigestAlgorithm::md5,    DigestAlgorithm::sha1,
                                   DigestAlgorithm::sha256, DigestAlgorithm::crc32,
                                   DigestAlgorithm::crc32c, DigestAlgorithm::crc64nvme};

}  // namespace

TEST_CASE("digests have their known answers") {
  struct Answer {
    DigestAlgorithm algorithm;
    const char* check;  // of "123456789"
    const char* empty;
  };
  const Answer answers[] = {
      {DigestAlgorithm::md5, "25f9e794323b453885f5181f1b624d0b",
       "d41d8cd98f00b204e9800998ecf8427e"},
      {DigestAlgorithm::sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
       "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {DigestAlgorithm::sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {DigestAlgorithm::crc32, "cbf43926", "00000000"},
      {DigestAlgorithm::crc32c, "e3069283", "00000000"},
      {DigestAlgorithm::crc64nvme, "ae8b14860a799888", "0000000000000000"},
  };
  for (const Answer& answer : answers) {
    CAPTURE(to_string(answer.algorithm));
    CHECK(to_hex(digest_of(answer.algorithm, "123456789")) == answer.check);
    CHECK(to_hex(digest_of(answer.algorithm, "")) == answer.empty);
  }
}

TEST_CASE("a digest does not depend on how its text is cut") {
  const std::string text = pattern(100);
  for (const DigestAlgorithm algorithm : all) {
    const std::string whole = digest_of(algorithm, text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const auto digest = make_digest(algorithm);
      digest->update(as_bytes(std::string_view(text).substr(0, cut)));
      digest->update(as_bytes(std::string_view(text).substr(cut)));
      REQUIRE(digest->finish() == whole);
    }
  }
}

TEST_CASE("checks of parts combine to the check of the whole") {
  const std::string text = pattern(5000);
  for (const DigestAlgorithm algorithm : all) {
    if (!is_combinable(algorithm)) continue;
    CAPTURE(to_string(algorithm));
    for (const std::size_t cut : {0U, 1U, 63U, 64U, 2500U, 4999U, 5000U}) {
      const std::string second = text.substr(cut);
      CHECK(combine_digests(algorithm, digest_of(algorithm, text.substr(0, cut)),
                            digest_of(algorithm, second),
                            second.size()) == digest_of(algorithm, text));
    }
  }
}

TEST_CASE("a set hashes small and large bodies alike, in pieces of any size") {
  const std::string text = pattern(5 * 1024 * 1024 + 17);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1000}, text.size()}) {
    for (const std::size_t piece : {std::size_t{4093}, std::size_t{700'001}, text.size()}) {
      DigestSet set({std::begin(all), std::end(all)});
      std::string_view rest = std::string_view(text).substr(0, size);
      while (!rest.empty()) {
        set.update(as_bytes(rest.substr(0, piece)));
        rest.remove_prefix(std::min(piece, rest.size()));
      }
      auto results = set.finish();
      for (const DigestAlgorithm algorithm : all) {
        CHECK(results[algorithm] == digest_of(algorithm, text.substr(0, size)));
      }
    }
  }
}

TEST_CASE("a set may be given up in the middle of a large body") {
  DigestSet set({DigestAlgorithm::sha256});
  for (int i = 0; i < 8; ++i) set.update(as_bytes(pattern(1024 * 1024)));
}

TEST_CASE("names of checksum algorithms") {
  CHECK(parse_checksum_algorithm("crc64nvme") == DigestAlgorithm::crc64nvme);
  CHECK(parse_checksum_algorithm("SHA256") == DigestAlgorithm::sha256);
  CHECK_FALSE(parse_checksum_algorithm("MD5"));
  CHECK_FALSE(parse_checksum_algorithm(""));
}

TEST_CASE("base64 and hex go both ways, and wrong text is refused") {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string bytes = pattern(size);
    CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(from_hex(to_hex(bytes)) == bytes);
  }
  CHECK(to_base64("ab") == "YWI=");
  for (const char* wrong : {"YWI", "YWI=\n", " YWI=", "Y=I=", "YW==YW==", "====", "YW-_"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_base64(wrong));
  }
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("zz"));
}

}  // namespace trainyard

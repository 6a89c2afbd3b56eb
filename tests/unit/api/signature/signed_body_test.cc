#include "api/signature/signed_body.h"

#include <doctest/doctest.h>

#include "api/signature/hmac.h"
#include "api/signature/scope.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

const SignatureScope scope{"20130524", "us-east-1", "s3"};

// That of the examples in the Amazon S3 API reference.
BodySignature chunks(BodySignature::Kind kind, std::string seed) {
  return {kind,
          "",
          signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope),
          "20130524T000000Z",
          scope.text(),
          std::move(seed)};
}

std::string chunk(const std::string& size, const std::string& signature, std::size_t bytes) {
  std::string text = size + ";chunk-signature=" + signature + "\r\n" + std::string(bytes, 'a');
  return bytes > 0 ? text + "\r\n" : text;
}

const std::string signed_chunks =
    chunk("10000", "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", 65536) +
    chunk("400", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", 1024) +
    chunk("0", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", 0) + "\r\n";

const std::string chunks_with_trailer =
    chunk("10000", "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", 65536) +
    chunk("400", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", 1024) +
    chunk("0", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", 0) +
    "x-amz-checksum-crc32c:sOO8/Q==\r\n"
    "x-amz-trailer-signature:"
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

BodySignature seeded() {
  return chunks(BodySignature::Kind::chunks,
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
}

BodySignature seeded_with_trailer() {
  return chunks(BodySignature::Kind::chunks_and_trailer,
                "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
}

// The outcome of reading everything, in pieces of a size.
Result<std::string> read(SignedBody& body, std::size_t piece) {
  std::string text;
  std::vector<std::byte> buffer(piece);
  for (;;) {
    TRY(const std::size_t count, body.read(buffer));
    if (count == 0) return text;
    text += as_text(std::span(buffer).first(count));
  }
}

std::optional<SignatureFailure> failure_of(const std::string& text, BodySignature signature) {
  StringSource source(text);
  SignedBody body(source, std::move(signature));
  CHECK_FALSE(read(body, 4096));
  return body.failure();
}

}  // namespace

TEST_CASE("the examples of signed chunks in the Amazon S3 API reference") {
  for (const std::size_t piece : {1UL, 100UL, 65536UL, 1000000UL}) {
    CAPTURE(piece);
    StringSource source(signed_chunks);
    SignedBody body(source, seeded());
    CHECK(read(body, piece) == signed_chunks);
    CHECK_FALSE(body.failure());
    StringSource trailing(chunks_with_trailer);
    SignedBody with_trailer(trailing, seeded_with_trailer());
    CHECK(read(with_trailer, piece) == chunks_with_trailer);
  }
}

TEST_CASE("a byte, an order, a trailer that was changed") {
  std::string text = signed_chunks;
  text[1000] = 'b';
  auto failure = failure_of(text, seeded());
  REQUIRE(failure);
  CHECK(failure->kind == Kind::mismatch);
  text = signed_chunks;
  text[text.size() - 10] = 'x';
  CHECK(failure_of(text, seeded()));
  text = chunks_with_trailer;
  text.replace(text.find("sOO8"), 4, "sOO9");
  CHECK(failure_of(text, seeded_with_trailer()));
  text = chunks_with_trailer;
  text.erase(text.find("x-amz-trailer"), text.rfind("\r\n") - text.find("x-amz-trailer"));
  CHECK(failure_of(text, seeded_with_trailer()));
  // Without a signature at all.
  CHECK(failure_of("1\r\na\r\n0\r\n\r\n", seeded()));
  // Chunks that end early fail where they are decoded; those that are no chunks fail here.
  CHECK_FALSE(failure_of("x\r\n", seeded()));
}

TEST_CASE("a body is the one whose digest was signed") {
  const auto with_digest = [](std::string_view signed_text) {
    return body_signature(sha256_hex(signed_text)).value();
  };
  StringSource source("abc");
  SignedBody body(source, with_digest("abc"));
  CHECK(read(body, 2) == "abc");
  std::array<std::byte, 1> more;
  CHECK(body.read(more) == 0);
  const auto failure = failure_of("abd", with_digest("abc"));
  REQUIRE(failure);
  CHECK(failure->kind == Kind::wrong_payload_hash);
  CHECK(failure_of("", with_digest("abc")));
}

TEST_CASE("what stands for the body in a signature") {
  using Body = BodySignature::Kind;
  CHECK(body_signature("UNSIGNED-PAYLOAD")->kind == Body::none);
  CHECK(body_signature("STREAMING-UNSIGNED-PAYLOAD-TRAILER")->kind == Body::none);
  CHECK(body_signature("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")->kind == Body::chunks);
  CHECK(body_signature("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")->kind ==
        Body::chunks_and_trailer);
  CHECK(body_signature(sha256_hex("abc"))->kind == Body::digest);
  for (const char* text : {"", "abc", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}) {
    CHECK(body_signature(text).error().kind == Kind::malformed_payload_hash);
  }
}

}  // namespace trainyard::api

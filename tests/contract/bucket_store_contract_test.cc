// What every BucketStore promises, run over all of them.

#include <filesystem>
#include <functional>
#include <latch>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/object/buckets.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

struct Fixture {
  testing::TempDir directory;
  testing::FakeClock clock;
  std::unique_ptr<EmbeddedStore> embedded;
  std::unique_ptr<Buckets> buckets;
  BucketStore* store = nullptr;  // of "bucket"

  explicit Fixture(bool of_directory) {
    embedded = EmbeddedStore::open(directory / "objects", clock, {}).value();
    buckets = std::make_unique<Buckets>(*embedded);
    std::filesystem::create_directory(directory / "files");
    if (of_directory) {
      REQUIRE(buckets->add_directory("bucket", directory / "files"));
    } else {
      REQUIRE(buckets->create_bucket("bucket"));
    }
    REQUIRE(buckets->create_bucket("other"));
    store = &buckets->store_of("bucket");
  }

  ObjectInfo put(const std::string& key, std::string_view content,
                 const ObjectMetadata& metadata = {}) {
    auto writer = store->put_object("bucket", key, metadata, {}).value();
    REQUIRE(writer->write(as_bytes(content)));
    return writer->commit().value();
  }
  std::string get(const std::string& bucket, const std::string& key) {
    const auto reader = buckets->open(bucket, key);
    REQUIRE(reader);
    return read_all(**reader, 64 << 20).value();
  }
};

void for_each_store(const std::function<void(Fixture&)>& test) {
  for (const bool of_directory : {false, true}) {
    CAPTURE(of_directory);
    Fixture fixture(of_directory);
    test(fixture);
  }
}

}  // namespace

TEST_CASE("an object is described with its MD5, checksum, metadata and tags") {
  for_each_store([](Fixture& fixture) {
    ObjectMetadata metadata;
    metadata.headers["content-type"] = "text/plain";
    metadata.user["a"] = "1";
    metadata.tags["t"] = "2";
    PutOptions options;
    options.checksum = DigestAlgorithm::crc32;
    options.compared = {DigestAlgorithm::sha256};
    auto writer = fixture.store->put_object("bucket", "a/b", metadata, options).value();
    REQUIRE(writer->write(as_bytes("hello")));
    CHECK(writer->finish().size == 5);
    CHECK(writer->finish().raw.at(DigestAlgorithm::sha256) ==
          digest_of(DigestAlgorithm::sha256, "hello"));
    REQUIRE(writer->commit());
    const auto info = fixture.store->describe("bucket", "a/b", "null");
    REQUIRE(info);
    CHECK(info->etag == "5d41402abc4b2a76b9719d911017c592");
    CHECK(info->checksum == ObjectChecksum{"CRC32", "NhCmhg=="});
    CHECK(info->metadata.headers == metadata.headers);
    CHECK(info->metadata.tags == metadata.tags);
    const auto listed = fixture.store->list("bucket", {});
    CHECK(listed->objects.at(0).etag == info->etag);
    CHECK(listed->objects.at(0).checksum == info->checksum);
    CHECK(fixture.store->describe("bucket", "a/b", "7").error().kind == ErrorKind::not_found);

    const auto tagged = fixture.store->set_tags("bucket", "a/b", {}, {{"x", "y"}});
    REQUIRE(tagged);
    CHECK(fixture.store->head("bucket", "a/b")->metadata.tags.at("x") == "y");
    CHECK(fixture.store->head("bucket", "a/b")->metadata.user == metadata.user);
    CHECK(fixture.store->set_tags("bucket", "none", {}, {}).error().kind == ErrorKind::not_found);
  });
}

TEST_CASE("writes and deletes keep their conditions") {
  for_each_store([](Fixture& fixture) {
    const std::string etag = fixture.put("key", "x").etag;
    const auto kind = [&](const std::string& key, const WriteCondition& condition) {
      PutOptions options;
      options.condition = condition;
      const auto written = fixture.store->put_object("bucket", key, {}, options).value()->commit();
      return written ? std::nullopt : std::optional(written.error().kind);
    };
    CHECK(kind("key", {true, {}}) == ErrorKind::already_exists);
    CHECK(kind("key", {false, "other"}) == ErrorKind::already_exists);
    CHECK(kind("none", {false, etag}) == ErrorKind::not_found);
    CHECK(kind("new", {true, {}}) == std::nullopt);
    const auto removed = fixture.store->remove_all(
        "bucket", {{.key = "key", .etag = "other"}, {.key = "new", .etag = "*"}, {.key = "none"}});
    REQUIRE(removed);
    CHECK(removed->at(0).condition_failed);
    CHECK_FALSE(removed->at(1).condition_failed);
    CHECK(fixture.get("bucket", "key") == "x");
    CHECK_FALSE(fixture.store->head("bucket", "new"));
    CHECK(kind("key", {false, etag}) == std::nullopt);
  });
}

TEST_CASE("copies go from and to every kind of bucket") {
  for_each_store([](Fixture& fixture) {
    fixture.put("key", "content");
    CopyOptions options;
    options.metadata.user["a"] = "1";
    options.checksum = DigestAlgorithm::crc32c;
    const auto source = fixture.store->open_object("bucket", "key").value();
    BucketStore& other = fixture.buckets->store_of("other");
    const auto out = other.copy(*source, "other", "out", options);
    REQUIRE(out);
    CHECK(out->etag == "9a0364b9e99bb480dd25e1f0284c8555");
    CHECK(out->checksum->algorithm == "CRC32C");
    const auto back =
        fixture.store->copy(*other.open_object("other", "out").value(), "bucket", "in/back", {});
    REQUIRE(back);
    CHECK(back->checksum == out->checksum);
    CHECK(fixture.get("bucket", "in/back") == "content");
    REQUIRE(fixture.store->copy(*source, "bucket", "key", {}));
    REQUIRE(fixture.store->remove("bucket", "key"));
    CHECK(fixture.get("other", "out") == "content");
  });
}

TEST_CASE("parts become one object") {
  for_each_store([](Fixture& fixture) {
    ObjectMetadata metadata;
    metadata.user["a"] = "1";
    const UploadInfo upload =
        fixture.store->create_upload("bucket", "big", metadata, "CRC32", "FULL_OBJECT").value();
    for (const auto& [number, text] : {std::pair(2, "second"), std::pair(1, "first ")}) {
      auto writer = fixture.store->put_part(upload, number, {}).value();
      REQUIRE(writer->write(as_bytes(text)));
      REQUIRE(writer->commit());
    }
    CHECK(fixture.store->uploads("bucket", {})->uploads.size() == 1);
    CHECK_FALSE(fixture.store->head("bucket", "big"));
    const auto parts = fixture.store->parts(upload.id, 0, 10).value();
    const auto done = fixture.store->complete_upload("bucket", upload, parts);
    REQUIRE(done);
    CHECK(done->etag == etag_of_parts(parts));
    CHECK(done->size == 12);
    CHECK(fixture.get("bucket", "big") == "first second");
    const auto reader = fixture.store->open_object("bucket", "big").value();
    CHECK(reader->part_sizes() == std::vector<std::uint64_t>{6, 6});
    CHECK(reader->info().metadata.user == metadata.user);
    CHECK(reader->info().checksum ==
          full_object_checksum(DigestAlgorithm::crc32,
                               digest_of(DigestAlgorithm::crc32, "first second")));
    CHECK(fixture.store->upload("bucket", "big", upload.id).error().kind == ErrorKind::not_found);
    CHECK(fixture.store->uploads("bucket", {})->uploads.empty());

    const auto completed = fixture.store->completed_upload("bucket", "big", upload.id);
    REQUIRE(completed);
    REQUIRE(completed->has_value());
    CHECK((*completed)->etag == done->etag);
    CHECK((*completed)->checksum == done->checksum);
    CHECK((*completed)->metadata.user == metadata.user);
    CHECK_FALSE(fixture.store->completed_upload("bucket", "other", upload.id)->has_value());
    CHECK_FALSE(fixture.store->completed_upload("bucket", "big", "none")->has_value());
    REQUIRE(fixture.embedded->clear());
    CHECK_FALSE(fixture.store->completed_upload("bucket", "big", upload.id).value_or(std::nullopt));
  });
}

TEST_CASE("of two that complete one upload at once, the second waits for what the first makes") {
  for_each_store([](Fixture& fixture) {
    for (int round = 0; round < 10; ++round) {
      const std::string key = "big" + std::to_string(round);
      const UploadInfo upload = fixture.store->create_upload("bucket", key, {}, "", "").value();
      for (int number = 1; number <= 3; ++number) {
        auto writer = fixture.store->put_part(upload, number, {}).value();
        REQUIRE(writer->write(as_bytes(std::string(1'000'000, static_cast<char>('0' + number)))));
        REQUIRE(writer->commit());
      }
      const auto parts = fixture.store->parts(upload.id, 0, 10).value();
      std::latch together(2);
      const auto complete = [&](std::optional<ErrorKind>& failed) {
        together.arrive_and_wait();
        const auto done = fixture.store->complete_upload("bucket", upload, parts);
        if (!done) failed = done.error().kind;
        const auto remembered = fixture.store->completed_upload("bucket", key, upload.id);
        CHECK((remembered && *remembered && (*remembered)->etag == etag_of_parts(parts)));
      };
      std::optional<ErrorKind> one;
      std::optional<ErrorKind> other;
      {
        const std::jthread first([&] { complete(one); });
        const std::jthread second([&] { complete(other); });
      }
      CHECK(one.has_value() != other.has_value());
      CHECK(one.value_or(ErrorKind::not_found) == ErrorKind::not_found);
      CHECK(other.value_or(ErrorKind::not_found) == ErrorKind::not_found);
      CHECK(fixture.store->head("bucket", key)->size == 3'000'000);
    }
  });
}

TEST_CASE("where one of many removals fails the others are made") {
  Fixture fixture(true);
  fixture.put("a", "x");
  fixture.put("b", "x");
  std::filesystem::create_directory(fixture.directory / "elsewhere");
  std::filesystem::create_directory_symlink(fixture.directory / "elsewhere",
                                            fixture.directory / "files" / "up");
  const auto removed =
      fixture.store->remove_all("bucket", {{.key = "a"}, {.key = "up/x"}, {.key = "b"}});
  REQUIRE(removed);
  REQUIRE(removed->size() == 3);
  CHECK_FALSE(removed->at(0).error);
  REQUIRE(removed->at(1).error);
  CHECK(removed->at(1).error->kind == ErrorKind::permission_denied);
  CHECK(fixture.store->list("bucket", {})->objects.empty());
  CHECK(fixture.store->remove("bucket", "up/x").error().kind == ErrorKind::permission_denied);
}

TEST_CASE("settings are kept, and objects are versions of their own") {
  for_each_store([](Fixture& fixture) {
    CHECK_FALSE(fixture.store->setting("bucket", "cors")->has_value());
    REQUIRE(fixture.store->set_setting("bucket", "cors", "rules"));
    CHECK(fixture.store->setting("bucket", "cors").value() == "rules");
    CHECK(fixture.store->versioning("bucket").value() == Versioning::off);
    for (const char* key : {"a", "b", "c"}) fixture.put(key, "x");
    const auto page = fixture.store->list_versions("bucket", {"", "", "", "", 2});
    REQUIRE(page);
    CHECK(page->versions.size() == 2);
    CHECK(page->versions[0].info.version == "null");
    CHECK(page->versions[0].latest);
    CHECK(page->truncated);
    CHECK(fixture.store->list_versions("bucket", {"", "", page->next_key_marker, "", 2})
              ->versions.size() == 1);
    CHECK(fixture.buckets->all()->size() == 2);
  });
}

TEST_CASE("a directory's bucket") {
  Fixture fixture(true);
  const auto root = fixture.directory / "files";
  CHECK(fixture.store->set_versioning("bucket", Versioning::enabled).error().kind ==
        ErrorKind::unsupported);
  CHECK(fixture.buckets->delete_bucket("bucket").error().kind == ErrorKind::unsupported);
  CHECK(fixture.buckets->create_bucket("bucket").error().kind == ErrorKind::already_exists);
  CHECK(fixture.buckets->add_directory("other", root).error().kind == ErrorKind::conflict);

  SUBCASE("what came another way has an ETag that is no MD5, and no metadata") {
    testing::write_file(root / "sub" / "file", "content");
    const auto info = fixture.store->describe("bucket", "sub/file", {});
    REQUIRE(info);
    CHECK(info->etag.find('-') != std::string::npos);
    CHECK(fixture.store->list("bucket", {})->objects.at(0).etag == info->etag);
    CHECK(info->metadata.headers.at("content-type") == "binary/octet-stream");
  }
  SUBCASE("a file that was changed another way is not taken for what was written") {
    ObjectMetadata metadata;
    metadata.user["a"] = "1";
    const std::string etag = fixture.put("key", "content", metadata).etag;
    testing::write_file(root / "key", "changed");
    const auto info = fixture.store->describe("bucket", "key", {});
    CHECK(info->etag != etag);
    CHECK(info->metadata.user.empty());
    CHECK(fixture.get("bucket", "key") == "changed");
  }
  SUBCASE("keys that cannot be files are refused, and nothing leads out") {
    fixture.put("a", "x");
    for (const std::string& key : {std::string("a/b"), std::string("../x"), std::string("b/"),
                                   std::string("/c"), std::string("d//e"), std::string(300, 'k')}) {
      CAPTURE(key);
      auto writer = fixture.store->put_object("bucket", key, {}, {});
      CHECK(writer.error().kind == ErrorKind::invalid_argument);
      CHECK(fixture.store->head("bucket", key).error().kind == ErrorKind::not_found);
      CHECK(fixture.store->remove("bucket", key));
    }
    std::filesystem::create_symlink("/etc/passwd", root / "link");
    CHECK(fixture.store->head("bucket", "link").error().kind == ErrorKind::permission_denied);
    CHECK(fixture.store->list("bucket", {})->objects.size() == 1);
    fixture.put("d/f", "x");
    CHECK(fixture.store->head("bucket", "d").error().kind == ErrorKind::not_found);
    CHECK(fixture.store->remove("bucket", "d"));
    CHECK(fixture.store->put_object("bucket", "d", {}, {}).value()->commit().error().kind ==
          ErrorKind::invalid_argument);
  }
  SUBCASE("clearing the embedded store leaves its files and what is known of them") {
    ObjectMetadata metadata;
    metadata.user["a"] = "1";
    fixture.put("key", "content", metadata);
    REQUIRE(fixture.store->set_setting("bucket", "cors", "rules"));
    REQUIRE(fixture.embedded->clear());
    CHECK(fixture.get("bucket", "key") == "content");
    CHECK(fixture.store->head("bucket", "key")->metadata.user == metadata.user);
    CHECK_FALSE(fixture.store->setting("bucket", "cors")->has_value());
    CHECK(fixture.buckets->all()->size() == 1);
  }
}

}  // namespace trainyard

#include "runtime/object/embedded_store.h"

#include <csignal>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/fake_clock.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

namespace fs = std::filesystem;

struct Fixture {
  testing::TempDir directory;
  testing::FakeClock clock;
  std::stop_source stop;
  std::unique_ptr<EmbeddedStore> store;

  Fixture() {
    reopen();
    REQUIRE(store->create_bucket("bucket"));
  }
  void reopen() {
    store.reset();
    auto opened = EmbeddedStore::open(directory / "objects", clock, {false, stop.get_token()});
    REQUIRE(opened);
    store = std::move(*opened);
  }
  void put(const std::string& key, std::string_view content) {
    auto writer = store->put("bucket", key, {}, false);
    REQUIRE(writer);
    REQUIRE((*writer)->write(as_bytes(content)));
    REQUIRE((*writer)->commit());
  }
  std::string get(const std::string& key) {
    auto reader = store->open("bucket", key);
    REQUIRE(reader);
    return read_all(**reader, 64 << 20).value();
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory / "objects" / "data")) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }
  PartInfo put_part(const UploadInfo& upload, int number, std::string_view content) {
    auto writer = store->put_part(upload, number, {});
    REQUIRE(writer);
    REQUIRE((*writer)->write(as_bytes(content)));
    REQUIRE((*writer)->commit());
    const auto parts = store->parts(upload.id, number - 1, 1);
    REQUIRE(parts);
    REQUIRE(parts->size() == 1);
    return parts->front();
  }
};

}  // namespace

TEST_CASE("ETags are MD5s, and objects survive a reopen") {
  Fixture fixture;
  fixture.put("key", "hello world");
  fixture.reopen();
  const auto info = fixture.store->head("bucket", "key");
  REQUIRE(info);
  CHECK(info->etag == "5eb63bbbe01eeed093cb22bb8f5acdc3");
  CHECK(fixture.get("key") == "hello world");
  CHECK(fixture.store->buckets()->size() == 1);
}

TEST_CASE("any key that S3 accepts is kept as it is, and never becomes a path") {
  Fixture fixture;
  const std::vector<std::string> keys = {
      "..",          "../../etc/passwd", "/absolute", "a//b",
      "a/./b",       "a/../b",           "trailing/", "back\\slash",
      ".../...",     "dir/%20../file",   "a b+c",     std::string(1024, 'k'),
      "caf\xc3\xa9", "line\nbreak",      "\x01",      "\xff\xfe",
      "quote\"<&>'"};
  for (const std::string& key : keys) fixture.put(key, key);
  for (const std::string& key : keys) CHECK(fixture.get(key) == key);
  CHECK(fixture.store->list("bucket", {})->objects.size() == keys.size());
  CHECK(fixture.files().size() == keys.size());
  for (const fs::path& file : fixture.files()) CHECK(file.filename().string().size() == 32);
}

TEST_CASE("files can be read by everyone who gets past the store's own directory") {
  const mode_t before = ::umask(0077);
  Fixture fixture;
  fixture.put("key", "x");
  ::umask(before);
  CHECK(testing::mode_of(fixture.directory / "objects") == 0700);
  CHECK(testing::mode_of(fixture.directory / "objects" / "data") == 0777);
  REQUIRE(fixture.files().size() == 1);
  CHECK(testing::mode_of(fixture.files()[0]) == 0666);
  CHECK(testing::mode_of(fixture.files()[0].parent_path()) == 0777);
}

TEST_CASE("bytes that nothing points to are removed") {
  Fixture fixture;
  fixture.put("key", "first");
  fixture.put("key", "second");
  CHECK(fixture.files().size() == 1);
  REQUIRE(fixture.store->remove("bucket", "key"));
  CHECK(fixture.files().empty());
  {
    auto writer = fixture.store->put("bucket", "abandoned", {}, false);
    REQUIRE((*writer)->write(as_bytes("x")));
    CHECK(fixture.files().size() == 1);
  }
  CHECK(fixture.files().empty());
  // The bucket goes while its object is on the way.
  auto writer = fixture.store->put("bucket", "late", {}, false);
  REQUIRE(fixture.store->delete_bucket("bucket"));
  CHECK((*writer)->commit().error().kind == ErrorKind::not_found);
  writer->reset();
  CHECK(fixture.files().empty());
}

TEST_CASE("a process killed in the middle of a put loses nothing and leaves nothing") {
  Fixture fixture;
  fixture.store.reset();
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    testing::FakeClock clock;
    auto store = EmbeddedStore::open(fixture.directory / "objects", clock, {});
    auto done = (*store)->put("bucket", "done", {}, false);
    (void)(*done)->write(as_bytes("done"));
    const bool committed = (*done)->commit().has_value();
    auto half = (*store)->put("bucket", "half", {}, false);
    (void)(*half)->write(as_bytes("half"));
    const char answer = committed ? 'y' : 'n';
    (void)!::write(ready[1], &answer, 1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK(fixture.files().size() == 2);
  fixture.reopen();
  CHECK(fixture.files().size() == 1);
  CHECK(fixture.get("done") == "done");
  CHECK_FALSE(fixture.store->head("bucket", "half"));
}

TEST_CASE("a file that was cut short is reported, not served") {
  Fixture fixture;
  fixture.put("key", "content");
  fs::resize_file(fixture.files()[0], 3);
  CHECK(fixture.store->open("bucket", "key").error().kind == ErrorKind::data_corrupt);
}

TEST_CASE("a bucket is deleted when it is empty") {
  Fixture fixture;
  CHECK(fixture.store->create_bucket("bucket").error().kind == ErrorKind::already_exists);
  fixture.put("key", "x");
  CHECK(fixture.store->delete_bucket("bucket").error().kind == ErrorKind::conflict);
  REQUIRE(fixture.store->remove_all("bucket", {{.key = "key"}, {.key = "missing"}}));
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  fixture.put_part(*upload, 1, "part");
  CHECK(fixture.store->delete_bucket("bucket"));
  CHECK(fixture.files().empty());
  CHECK(fixture.store->delete_bucket("bucket").error().kind == ErrorKind::not_found);
  CHECK_FALSE(fixture.store->has_bucket("bucket").value());
}

TEST_CASE("a cleared store has no bucket and no byte") {
  Fixture fixture;
  REQUIRE(fixture.store->create_bucket("other"));
  for (int number = 0; number < 1003; ++number) fixture.put(fmt::format("key/{}", number), "x");
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  fixture.put_part(*upload, 1, "part");
  CHECK(fixture.store->clear());
  CHECK(fixture.files().empty());
  CHECK(fixture.store->buckets()->empty());
  CHECK(fixture.store->create_bucket("bucket"));
  CHECK(fixture.store->list("bucket", {})->objects.empty());
}

TEST_CASE("what is being written while the store is cleared does not land in a new bucket") {
  Fixture fixture;
  auto writer = fixture.store->put("bucket", "key", {}, false);
  REQUIRE(writer);
  REQUIRE((*writer)->write(as_bytes("content")));
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  const std::vector<PartInfo> parts = {fixture.put_part(*upload, 1, "part")};
  auto part = fixture.store->put_part(*upload, 2, {});
  REQUIRE(part);
  REQUIRE(fixture.store->clear());
  REQUIRE(fixture.store->create_bucket("bucket"));
  CHECK((*writer)->commit().error().kind == ErrorKind::not_found);
  CHECK((*part)->commit().error().kind == ErrorKind::not_found);
  CHECK(fixture.store->complete_upload("bucket", *upload, parts).error().kind ==
        ErrorKind::not_found);
  CHECK(fixture.store->list("bucket", {})->objects.empty());
  fixture.put("key", "new");
  CHECK(fixture.get("key") == "new");
}

TEST_CASE("what is being written when the store is stopped fails") {
  Fixture fixture;
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  const std::vector<PartInfo> parts = {fixture.put_part(*upload, 1, "first"),
                                       fixture.put_part(*upload, 2, "second")};
  auto writer = fixture.store->put("bucket", "key", {}, false);
  REQUIRE(writer);
  REQUIRE((*writer)->write(as_bytes("first")));
  fixture.stop.request_stop();
  CHECK((*writer)->write(as_bytes("second")).error().kind == ErrorKind::cancelled);
  CHECK(fixture.store->complete_upload("bucket", *upload, parts).error().kind ==
        ErrorKind::cancelled);

  // The next store can carry out what this one could not.
  fixture.stop = {};
  writer->reset();
  fixture.reopen();
  REQUIRE(fixture.store->complete_upload("bucket", *upload, parts));
  CHECK(fixture.get("big") == "firstsecond");
}

TEST_CASE("a copy shares the bytes and outlives its source") {
  Fixture fixture;
  fixture.put("source", "content");
  const auto source = fixture.store->open_object("bucket", "source");
  REQUIRE(source);
  ObjectMetadata metadata;
  metadata.headers["content-type"] = "text/css";
  REQUIRE(fixture.store->copy(**source, "bucket", "copy",
                              {false, metadata, {}, DigestAlgorithm::crc32}));
  REQUIRE(fixture.store->copy(**source, "bucket", "source", {}));
  CHECK(fs::hard_link_count(fixture.files()[0]) == 2);
  REQUIRE(fixture.store->remove("bucket", "source"));
  CHECK(fixture.get("copy") == "content");
  const auto info = fixture.store->head("bucket", "copy");
  CHECK(info->metadata.headers == metadata.headers);
  CHECK(info->checksum ==
        ObjectChecksum{"CRC32", to_base64(digest_of(DigestAlgorithm::crc32, "content"))});
  // The source is unlinked, but still open.
  REQUIRE(fixture.store->remove("bucket", "copy"));
  REQUIRE(fixture.store->copy(**source, "bucket", "again", {}));
  CHECK(fixture.get("again") == "content");
}

TEST_CASE("parts become one object, in the order given") {
  for (const char* type : {"COMPOSITE", "FULL_OBJECT"}) {
    CAPTURE(type);
    Fixture fixture;
    ObjectMetadata metadata;
    metadata.user["from"] = "parts";
    const auto upload = fixture.store->create_upload("bucket", "big", metadata, "CRC32", type);
    REQUIRE(upload);
    const PartInfo second = fixture.put_part(*upload, 7, "second");
    fixture.put_part(*upload, 2, "replaced");
    const PartInfo first = fixture.put_part(*upload, 2, "first ");
    fixture.put_part(*upload, 9, "not wanted");
    CHECK(fixture.store->uploads("bucket", {})->uploads.size() == 1);
    const auto info = fixture.store->complete_upload("bucket", *upload, {first, second});
    REQUIRE(info);
    CHECK(fixture.get("big") == "first second");
    CHECK(info->size == 12);
    const auto md5 = [](const char* text) { return digest_of(DigestAlgorithm::md5, text); };
    const auto crc = [](const char* text) { return digest_of(DigestAlgorithm::crc32, text); };
    CHECK(info->etag ==
          to_hex(digest_of(DigestAlgorithm::md5, md5("first ") + md5("second"))) + "-2");
    REQUIRE(info->checksum);
    if (info->checksum->type == "FULL_OBJECT") {
      CHECK(info->checksum->value == to_base64(crc("first second")));
    } else {
      CHECK(info->checksum->value ==
            to_base64(digest_of(DigestAlgorithm::crc32, crc("first ") + crc("second"))) + "-2");
    }
    CHECK(fixture.store->head("bucket", "big")->metadata.user == metadata.user);
    CHECK((*fixture.store->open_object("bucket", "big"))->part_sizes() ==
          std::vector<std::uint64_t>{6, 6});
    CHECK(fixture.files().size() == 1);
    CHECK(fixture.store->upload("bucket", "big", upload->id).error().kind == ErrorKind::not_found);
    CHECK(fixture.store->complete_upload("bucket", *upload, {first, second}).error().kind ==
          ErrorKind::not_found);
    CHECK(fixture.get("big") == "first second");
  }
}

TEST_CASE("a completion that failed half way can be tried again") {
  Fixture fixture;
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  const PartInfo first = fixture.put_part(*upload, 1, "first ");
  const PartInfo stale = fixture.put_part(*upload, 2, "stale");
  const PartInfo second = fixture.put_part(*upload, 2, "second");
  CHECK(fixture.store->complete_upload("bucket", *upload, {first, stale}).error().kind ==
        ErrorKind::conflict);
  // As if killed after it had appended something.
  for (const fs::path& file : fixture.files()) {
    if (file.filename() == first.file) fs::resize_file(file, 1000);
  }
  fixture.reopen();
  REQUIRE(fixture.store->complete_upload("bucket", *upload, {first, second}));
  CHECK(fixture.get("big") == "first second");
}

TEST_CASE("a completion for which there is no room gives back what it took") {
  Fixture fixture;
  constexpr std::size_t size = 300'000;
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  const PartInfo first = fixture.put_part(*upload, 1, std::string(size, '1'));
  const PartInfo second = fixture.put_part(*upload, 2, std::string(size, '2'));
  {
    const testing::FileSizeLimit limit(size + size / 2);
    CHECK_FALSE(fixture.store->complete_upload("bucket", *upload, {first, second}));
  }
  for (const fs::path& file : fixture.files()) CHECK(fs::file_size(file) == size);
  // One that is refused at its end, too.
  fixture.put("big", "here already");
  CHECK_FALSE(fixture.store->complete_upload("bucket", *upload, {first, second},
                                             {.absent = true, .etag = {}}));
  for (const fs::path& file : fixture.files()) CHECK(fs::file_size(file) <= size);
  REQUIRE(fixture.store->complete_upload("bucket", *upload, {first, second}));
  CHECK(fixture.get("big").size() == 2 * size);
}

TEST_CASE("several threads that complete one upload make one object") {
  Fixture fixture;
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  const std::vector<PartInfo> parts = {fixture.put_part(*upload, 1, std::string(300'000, 'a')),
                                       fixture.put_part(*upload, 2, std::string(300'000, 'b'))};
  std::atomic<int> succeeded = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        if (fixture.store->complete_upload("bucket", *upload, parts)) ++succeeded;
      });
    }
  }
  CHECK(succeeded == 1);
  CHECK(fixture.get("big") == std::string(300'000, 'a') + std::string(300'000, 'b'));
}

TEST_CASE("an aborted upload leaves nothing") {
  Fixture fixture;
  const auto upload = fixture.store->create_upload("bucket", "big", {}, "", "");
  fixture.put_part(*upload, 1, "x");
  auto late = fixture.store->put_part(*upload, 2, {});
  REQUIRE(fixture.store->abort_upload(upload->id));
  CHECK((*late)->commit().error().kind == ErrorKind::not_found);
  late->reset();
  CHECK(fixture.files().empty());
  CHECK(fixture.store->uploads("bucket", {})->uploads.empty());
}

TEST_CASE("uploads are listed by key, page by page") {
  Fixture fixture;
  for (const char* key : {"b", "a/1", "a/2", "a/1", "c"}) {
    REQUIRE(fixture.store->create_upload("bucket", key, {}, "", ""));
  }
  for (std::size_t limit = 1; limit < 7; ++limit) {
    UploadListQuery query;
    query.limit = limit;
    std::vector<std::string> keys;
    for (;;) {
      const auto page = fixture.store->uploads("bucket", query);
      REQUIRE(page);
      for (const UploadInfo& upload : page->uploads) keys.push_back(upload.key);
      if (!page->truncated) break;
      query.key_marker = page->next_key_marker;
      query.id_marker = page->next_id_marker;
    }
    CHECK(keys == std::vector<std::string>{"a/1", "a/1", "a/2", "b", "c"});
  }
  UploadListQuery query;
  query.delimiter = "/";
  CHECK(fixture.store->uploads("bucket", query)->common_prefixes == std::vector<std::string>{"a/"});
  query.key_marker = "a/1";
  CHECK(fixture.store->uploads("bucket", query)->uploads.size() == 2);
  query = {};
  query.key_marker = "a/1";
  CHECK(fixture.store->uploads("bucket", query)->uploads.size() == 3);
}

TEST_CASE("threads may put, read, list and remove at the same time") {
  Fixture fixture;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int worker = 0; worker < 4; ++worker) {
      threads.emplace_back([&, worker] {
        for (int i = 0; i < 50; ++i) {
          const std::string key = "key" + std::to_string(i % 3);
          auto writer = fixture.store->put("bucket", key, {}, false);
          const std::string content(1000, static_cast<char>('a' + worker));
          if (!writer || !(*writer)->write(as_bytes(content)) || !(*writer)->commit()) ++wrong;
          auto reader = fixture.store->open("bucket", key);
          if (reader) {
            const auto read = read_all(**reader, 2000);
            if (!read || *read != std::string(1000, read->at(0))) ++wrong;
          } else if (reader.error().kind != ErrorKind::not_found) {
            ++wrong;
          }
          if (!fixture.store->list("bucket", {})) ++wrong;
          if (i % 7 == 0 && !fixture.store->remove("bucket", key)) ++wrong;
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(fixture.files().size() == fixture.store->list("bucket", {})->objects.size());
}

}  // namespace trainyard

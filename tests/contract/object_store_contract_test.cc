// What every ObjectStore promises, run over all of them.

#include <functional>

#include <doctest/doctest.h>

#include "runtime/object/buckets.h"
#include "runtime/object/directory_store.h"
#include "runtime/object/embedded_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

struct Fixture {
  virtual ~Fixture() = default;

  testing::TempDir directory;
  testing::FakeClock clock;
  std::unique_ptr<ObjectStore> store;
  bool has_buckets = true;
  bool keeps_metadata = true;
};

std::unique_ptr<Fixture> embedded() {
  auto fixture = std::make_unique<Fixture>();
  auto store = EmbeddedStore::open(fixture->directory / "objects", fixture->clock, {});
  REQUIRE(store);
  REQUIRE((*store)->create_bucket("bucket"));
  fixture->store = std::move(*store);
  return fixture;
}

std::unique_ptr<Fixture> directory() {
  auto fixture = std::make_unique<Fixture>();
  auto store = DirectoryStore::open(fixture->directory.path());
  REQUIRE(store);
  fixture->store = std::move(*store);
  fixture->has_buckets = false;
  fixture->keeps_metadata = false;
  return fixture;
}

struct DirectoryBucketFixture : Fixture {
  std::unique_ptr<EmbeddedStore> home;
};

std::unique_ptr<Fixture> directory_bucket() {
  auto fixture = std::make_unique<DirectoryBucketFixture>();
  fixture->home = EmbeddedStore::open(fixture->directory / "objects", fixture->clock, {}).value();
  std::filesystem::create_directory(fixture->directory / "files");
  auto buckets = std::make_unique<Buckets>(*fixture->home);
  REQUIRE(buckets->add_directory("bucket", fixture->directory / "files"));
  fixture->store = std::move(buckets);
  return fixture;
}

std::unique_ptr<Fixture> memory() {
  auto fixture = std::make_unique<Fixture>();
  auto store = std::make_unique<testing::MemoryStore>(fixture->clock);
  store->create_bucket("bucket");
  fixture->store = std::move(store);
  return fixture;
}

void for_each_store(const std::function<void(Fixture&)>& test) {
  const std::pair<const char*, std::unique_ptr<Fixture> (*)()> makers[] = {
      {"embedded", embedded},
      {"directory", directory},
      {"directory bucket", directory_bucket},
      {"memory", memory}};
  for (const auto& [name, make] : makers) {
    CAPTURE(name);
    const auto fixture = make();
    test(*fixture);
  }
}

ObjectInfo put(ObjectStore& store, const std::string& key, std::string_view content,
               const ObjectMetadata& metadata = {}) {
  auto writer = store.put("bucket", key, metadata, false);
  REQUIRE(writer);
  REQUIRE((*writer)->write(as_bytes(content)));
  const auto info = (*writer)->commit();
  REQUIRE(info);
  return *info;
}

std::string get(ObjectStore& store, const std::string& key) {
  const auto reader = store.open("bucket", key);
  REQUIRE(reader);
  return read_all(**reader, 1 << 20).value();
}

std::vector<std::string> keys_of(const ObjectListPage& page) {
  std::vector<std::string> keys;
  for (const ObjectInfo& object : page.objects) keys.push_back(object.key);
  return keys;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("an object comes back as it was put") {
  for_each_store([](Fixture& fixture) {
    const std::string content("\0\xff any bytes\r\n", 14);
    ObjectMetadata metadata;
    metadata.headers["content-type"] = "text/plain";
    metadata.user["owner"] = "caf\xc3\xa9";
    const ObjectInfo put_info = put(*fixture.store, "a/b.txt", content, metadata);
    CHECK(put_info.key == "a/b.txt");
    CHECK(put_info.size == content.size());
    CHECK(get(*fixture.store, "a/b.txt") == content);

    const auto head = fixture.store->head("bucket", "a/b.txt");
    REQUIRE(head);
    CHECK(head->key == "a/b.txt");
    CHECK(head->size == content.size());
    CHECK(head->etag == put_info.etag);
    CHECK_FALSE(head->etag.empty());
    if (fixture.keeps_metadata) {
      CHECK(head->metadata.headers == metadata.headers);
      CHECK(head->metadata.user == metadata.user);
    }
    const auto reader = fixture.store->open("bucket", "a/b.txt");
    REQUIRE(reader);
    CHECK((*reader)->info().etag == head->etag);
    CHECK((*reader)->info().last_modified == head->last_modified);
  });
}

TEST_CASE("an empty object is an object") {
  for_each_store([](Fixture& fixture) {
    CHECK(put(*fixture.store, "empty", "").size == 0);
    CHECK(get(*fixture.store, "empty").empty());
  });
}

TEST_CASE("a large body written in pieces is whole") {
  for_each_store([](Fixture& fixture) {
    auto writer = fixture.store->put("bucket", "large", {}, true);
    REQUIRE(writer);
    const std::string piece(100'003, 'x');
    for (int i = 0; i < 40; ++i) REQUIRE((*writer)->write(as_bytes(piece)));
    const auto info = (*writer)->commit();
    REQUIRE(info);
    CHECK(info->size == 40 * piece.size());
    const auto reader = fixture.store->open("bucket", "large");
    REQUIRE(reader);
    CHECK(read_all(**reader, 1 << 23)->size() == 40 * piece.size());
  });
}

TEST_CASE("what is missing is not found") {
  for_each_store([](Fixture& fixture) {
    ObjectStore& store = *fixture.store;
    for (const char* key : {"missing", "no/such/place"}) {
      CHECK(store.open("bucket", key).error().kind == ErrorKind::not_found);
      CHECK(store.head("bucket", key).error().kind == ErrorKind::not_found);
      CHECK(store.remove("bucket", key));
    }
    CHECK(store.has_bucket("bucket").value());
    if (!fixture.has_buckets) return;
    CHECK_FALSE(store.has_bucket("other").value());
    CHECK(store.put("other", "key", {}, false).error().kind == ErrorKind::not_found);
    CHECK(store.open("other", "key").error().kind == ErrorKind::not_found);
    CHECK(store.list("other", {}).error().kind == ErrorKind::not_found);
  });
}

TEST_CASE("an object is visible when it is committed, and not before") {
  for_each_store([](Fixture& fixture) {
    ObjectStore& store = *fixture.store;
    auto writer = store.put("bucket", "folder/key", {}, false);
    REQUIRE(writer);
    REQUIRE((*writer)->write(as_bytes("half")));
    CHECK_FALSE(store.head("bucket", "folder/key"));
    CHECK(store.list("bucket", {})->objects.empty());
    writer->reset();
    CHECK_FALSE(store.head("bucket", "folder/key"));
    CHECK(store.list("bucket", {})->objects.empty());
  });
}

TEST_CASE("a reader keeps what it opened; the key shows what came last") {
  for_each_store([](Fixture& fixture) {
    ObjectStore& store = *fixture.store;
    put(store, "key", "first");
    const auto reader = store.open("bucket", "key");
    REQUIRE(reader);
    put(store, "key", "second");
    CHECK(get(store, "key") == "second");
    CHECK(read_all(**reader, 100).value() == "first");
    const auto other = store.open("bucket", "key");
    REQUIRE(store.remove("bucket", "key"));
    CHECK(read_all(**other, 100).value() == "second");
    CHECK_FALSE(store.head("bucket", "key"));
  });
}

TEST_CASE("a listing is bytewise by key, cut by prefix, start and limit") {
  for_each_store([](Fixture& fixture) {
    ObjectStore& store = *fixture.store;
    for (const char* key : {"b", "a/b", "a.txt", "a/\xc3\xa9", "a0", "B", "a/b!", "c/d/e"}) {
      put(store, key, "x");
    }
    const Strings all = {"B", "a.txt", "a/b", "a/b!", "a/\xc3\xa9", "a0", "b", "c/d/e"};
    const auto listed = store.list("bucket", {});
    REQUIRE(listed);
    CHECK(keys_of(*listed) == all);
    CHECK_FALSE(listed->next_start_after);
    CHECK(listed->objects[0].size == 1);
    CHECK_FALSE(listed->objects[0].etag.empty());

    ObjectListQuery query;
    query.prefix = "a/";
    CHECK(keys_of(*store.list("bucket", query)) == Strings{"a/b", "a/b!", "a/\xc3\xa9"});
    query.start_after = "a/b";
    CHECK(keys_of(*store.list("bucket", query)) == Strings{"a/b!", "a/\xc3\xa9"});
    query = {};
    query.prefix = "a/b!x";
    CHECK(keys_of(*store.list("bucket", query)).empty());
    query = {};
    query.limit = 0;
    CHECK(keys_of(*store.list("bucket", query)).empty());
    CHECK_FALSE(store.list("bucket", query)->next_start_after);

    for (std::size_t limit = 1; limit <= all.size() + 1; ++limit) {
      query = {};
      query.limit = limit;
      Strings pages;
      for (;;) {
        const auto page = store.list("bucket", query);
        REQUIRE(page);
        CHECK(page->objects.size() <= limit);
        for (const std::string& key : keys_of(*page)) pages.push_back(key);
        if (!page->next_start_after) break;
        query.start_after = *page->next_start_after;
      }
      CHECK(pages == all);
    }
  });
}

TEST_CASE("a delimiter rolls keys up into common prefixes that count and are passed by") {
  for_each_store([](Fixture& fixture) {
    ObjectStore& store = *fixture.store;
    for (const char* key : {"a", "d/1", "d/2", "d/e/3", "d0", "f/1", "f/g/2"}) put(store, key, "");
    ObjectListQuery query;
    query.delimiter = "/";
    auto page = store.list("bucket", query);
    REQUIRE(page);
    CHECK(keys_of(*page) == Strings{"a", "d0"});
    CHECK(page->common_prefixes == Strings{"d/", "f/"});

    query.prefix = "d/";
    page = store.list("bucket", query);
    CHECK(keys_of(*page) == Strings{"d/1", "d/2"});
    CHECK(page->common_prefixes == Strings{"d/e/"});

    query.prefix = "";
    query.limit = 2;
    page = store.list("bucket", query);
    CHECK(keys_of(*page) == Strings{"a"});
    CHECK(page->common_prefixes == Strings{"d/"});
    REQUIRE(page->next_start_after == "d/");
    query.start_after = "d/";
    page = store.list("bucket", query);
    CHECK(keys_of(*page) == Strings{"d0"});
    CHECK(page->common_prefixes == Strings{"f/"});
    CHECK_FALSE(page->next_start_after);

    // From within a common prefix, the prefix has been passed.
    query = {};
    query.delimiter = "/";
    query.start_after = "d/1";
    page = store.list("bucket", query);
    CHECK(keys_of(*page) == Strings{"d0"});
    CHECK(page->common_prefixes == Strings{"f/"});

    query = {};
    query.delimiter = "/e";
    page = store.list("bucket", query);
    CHECK(page->common_prefixes == Strings{"d/e"});
    CHECK(page->objects.size() == 6);
  });
}

}  // namespace trainyard

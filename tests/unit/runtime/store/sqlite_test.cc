#include "runtime/store/sqlite.h"

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

constexpr const char* first_schema[] = {
    "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, bytes BLOB) STRICT"};

Database open_with_schema(const testing::TempDir& directory) {
  auto database = Database::open(directory / "test.db", Database::Sync::normal);
  REQUIRE(database);
  REQUIRE(database->migrate(first_schema));
  return std::move(*database);
}

std::int64_t count_items(Database& database) {
  auto statement = database.prepare("SELECT count(*) FROM item");
  REQUIRE(statement);
  Query query = statement->use();
  REQUIRE(query.step().value());
  return query.integer(0);
}

}  // namespace

TEST_CASE("values come back from SQLite as they were bound") {
  testing::TempDir directory;
  Database database = open_with_schema(directory);
  auto insert = database.prepare("INSERT INTO item(name, bytes) VALUES(?, ?)");
  REQUIRE(insert);
  const std::string bytes("\0\xff zero", 7);
  REQUIRE(insert->use().bind("first").bind(Blob{bytes}).run());
  CHECK(database.last_insert_id() == 1);
  REQUIRE(insert->use().bind("empty").bind(Blob{""}).run());
  REQUIRE(insert->use().bind(std::optional<std::string>()).bind(nullptr).run());
  CHECK(database.changes() == 1);

  auto select = database.prepare("SELECT name, bytes FROM item ORDER BY id");
  REQUIRE(select);
  Query query = select->use();
  REQUIRE(query.step().value());
  CHECK(query.text(0) == "first");
  CHECK(query.text(1) == bytes);
  REQUIRE(query.step().value());
  CHECK_FALSE(query.is_null(1));
  CHECK(query.view(1).empty());
  REQUIRE(query.step().value());
  CHECK_FALSE(query.optional_text(0));
  CHECK(query.is_null(1));
  CHECK_FALSE(query.step().value());
}

TEST_CASE("a transaction that is not committed leaves nothing") {
  testing::TempDir directory;
  Database database = open_with_schema(directory);
  {
    auto transaction = Transaction::begin(database);
    REQUIRE(transaction);
    REQUIRE(database.execute("INSERT INTO item(name) VALUES('gone')"));
  }
  CHECK(count_items(database) == 0);
  {
    auto transaction = Transaction::begin(database);
    REQUIRE(transaction);
    REQUIRE(database.execute("INSERT INTO item(name) VALUES('kept')"));
    REQUIRE(transaction->commit());
  }
  CHECK(count_items(database) == 1);
}

TEST_CASE("a statement can be used again after an error") {
  testing::TempDir directory;
  Database database = open_with_schema(directory);
  auto insert = database.prepare("INSERT INTO item(name) VALUES(?)");
  REQUIRE(insert);
  REQUIRE(insert->use().bind("twin").run());
  const auto twin = insert->use().bind("twin").run();
  REQUIRE_FALSE(twin);
  CHECK(twin.error().kind == ErrorKind::already_exists);
  CHECK(insert->use().bind("other").run());
  CHECK_FALSE(insert->use().bind("too").bind("many").run());
}

TEST_CASE("a schema is brought up to date step by step, and a later one refused") {
  testing::TempDir directory;
  {
    Database database = open_with_schema(directory);
  }
  const char* steps[] = {first_schema[0], "ALTER TABLE item ADD COLUMN note TEXT"};
  {
    auto database = Database::open(directory / "test.db", Database::Sync::full);
    REQUIRE(database);
    REQUIRE(database->migrate(steps));
    REQUIRE(database->migrate(steps));
    CHECK(database->execute("INSERT INTO item(note) VALUES('x')"));
  }
  auto database = Database::open(directory / "test.db", Database::Sync::full);
  REQUIRE(database);
  const auto older = database->migrate(first_schema);
  REQUIRE_FALSE(older);
  CHECK(older.error().kind == ErrorKind::conflict);
}

TEST_CASE("a file that is no database is an error that names it") {
  testing::TempDir directory;
  testing::write_file(directory / "test.db", std::string(4096, 'x'));
  const auto database = Database::open(directory / "test.db", Database::Sync::normal);
  REQUIRE_FALSE(database);
  CHECK(database.error().kind == ErrorKind::data_corrupt);
  CHECK(database.error().message.find("test.db") != std::string::npos);
}

}  // namespace trainyard

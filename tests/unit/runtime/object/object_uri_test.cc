#include "runtime/object/object_uri.h"

#include <doctest/doctest.h>

namespace trainyard {

TEST_CASE("object URIs are taken literally") {
  using Scheme = ObjectUri::Scheme;
  CHECK(parse_object_uri("s3://bucket").value() == ObjectUri{Scheme::s3, "bucket", ""});
  CHECK(parse_object_uri("s3://bucket/").value() == ObjectUri{Scheme::s3, "bucket", ""});
  CHECK(parse_object_uri("s3://b/a//b/%20?x").value() == ObjectUri{Scheme::s3, "b", "a//b/%20?x"});
  CHECK(parse_object_uri("file:///data/a%20b").value() ==
        ObjectUri{Scheme::file, "", "/data/a%20b"});
  CHECK(parse_object_uri("s3://").error().kind == ErrorKind::invalid_argument);
  CHECK(parse_object_uri("s3:///key").error().kind == ErrorKind::invalid_argument);
  CHECK(parse_object_uri("file://host/data").error().kind == ErrorKind::invalid_argument);
  CHECK(parse_object_uri("file:data").error().kind == ErrorKind::invalid_argument);
  CHECK(parse_object_uri("").error().kind == ErrorKind::invalid_argument);
  CHECK(parse_object_uri("https://s3.amazonaws.com/b").error().kind == ErrorKind::unsupported);
  CHECK(to_string(parse_object_uri("s3://b/k/").value()) == "s3://b/k/");
  CHECK(to_string(parse_object_uri("file:///d").value()) == "file:///d");
}

TEST_CASE("keys are joined with one slash") {
  CHECK(join_key("", "job") == "job");
  CHECK(join_key("out", "job") == "out/job");
  CHECK(join_key("out/", "job") == "out/job");
  CHECK(join_key("out//", "/job") == "out/job");
  CHECK(join_key("/", "job") == "/job");
  CHECK(base_name("a/b/c.csv") == "c.csv");
  CHECK(base_name("a/b/") == "b");
  CHECK(base_name("a") == "a");
  CHECK(base_name("///").empty());
}

}  // namespace trainyard

#include "server/options.h"

#include <doctest/doctest.h>

#include "server/option_table.h"
#include "tests/support/temp_dir.h"

namespace trainyard::server {

namespace {

using Arguments = std::vector<std::string>;

// A home of its own, an empty environment, and a working directory beside the home.
struct Place {
  testing::TempDir temporary;
  Surroundings surroundings;

  Place() {
    surroundings.home = temporary / "home";
    surroundings.current_directory = temporary / "work";
    std::filesystem::create_directories(surroundings.home);
    std::filesystem::create_directories(surroundings.current_directory);
  }

  std::string config(std::string_view content) const {
    testing::write_file(temporary / "trainyard.toml", content);
    return (temporary / "trainyard.toml").string();
  }

  ServeOptions serve(Arguments arguments = {}) const {
    arguments.insert(arguments.begin(), "serve");
    auto command = parse_command_line(arguments, surroundings);
    if (!command) FAIL(command.error().message);
    return std::get<ServeOptions>(*command);
  }

  std::string error(const Arguments& arguments) const {
    const auto command = parse_command_line(arguments, surroundings);
    if (command) FAIL("accepted");
    CHECK(command.error().kind == ErrorKind::invalid_argument);
    return command.error().message;
  }
};

constexpr char certificate[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without options everything has its default") {
  const Place place;
  const ServeOptions options = place.serve();
  CHECK(options.listen.to_string() == "127.0.0.1:4747");
  CHECK(options.data_dir == place.surroundings.home / ".local/share/trainyard");
  CHECK(options.docker_host.empty());
  CHECK_FALSE(options.ready_file);
  CHECK(options.file_roots ==
        std::vector{place.surroundings.home, place.surroundings.current_directory});
  CHECK(options.log_level == LogLevel::info);
  CHECK_FALSE(options.sync);
  CHECK_FALSE(options.auth_required);
  CHECK(options.hold_describe == std::chrono::seconds(8));
  CHECK(options.job.max_instances == 8);
  CHECK(options.job.shm_bytes == std::uint64_t{8} << 30);
  CHECK(options.job.job_memory_bytes == 0);
  CHECK(options.job.engine_wait == std::chrono::seconds(300));
  CHECK(options.job.stop_grace == std::chrono::seconds(120));
  CHECK(options.job.network_cidr == "10.213.0.0/16");
  CHECK(options.job.region == "us-east-1");
  CHECK(options.job.account_id == "123456789012");
  CHECK(options.job.pull == PullPolicy::missing);
  CHECK(options.job.keep == KeepPolicy::never);
  CHECK(options.job.staging == StagingMethod::automatic);
  CHECK(warnings(options).empty());
}

TEST_CASE("every option of serve is taken from the command line") {
  const Place place;
  const std::string root = (place.temporary / "roots").string();
  std::filesystem::create_directories(root);
  const ServeOptions options = place.serve({"--listen",
                                            "[::1]:0",
                                            "--data-dir",
                                            "data/",
                                            "--docker-host",
                                            "tcp://engine:2375",
                                            "--engine-wait",
                                            "5",
                                            "--region",
                                            "eu-west-1",
                                            "--account-id",
                                            "000000000001",
                                            "--max-instances",
                                            "2",
                                            "--job-memory",
                                            "1g",
                                            "--shm-size",
                                            "64m",
                                            "--network-cidr",
                                            "10.0.0.0/8",
                                            "--ready-file",
                                            "/run/ready",
                                            "--pull",
                                            "never",
                                            "--image-alias",
                                            "a=b",
                                            "--image-alias",
                                            "c=d:1",
                                            "--allowed-host",
                                            "Train.Example",
                                            "--allowed-origin",
                                            "http://localhost:8888",
                                            "--log-level",
                                            "debug",
                                            "--file-root",
                                            root,
                                            "--stop-grace",
                                            "1",
                                            "--keep",
                                            "failed",
                                            "--staging",
                                            "copy",
                                            "--auth",
                                            "required",
                                            "--hold-describe",
                                            "off",
                                            "--sync"});
  CHECK(options.auth_required);
  CHECK_FALSE(options.hold_describe);
  CHECK(options.listen == ListenAddress{"::1", 0});
  CHECK(options.data_dir == place.surroundings.current_directory / "data");
  CHECK(options.docker_host == "tcp://engine:2375");
  CHECK(options.ready_file == "/run/ready");
  CHECK(options.allowed_hosts == Arguments{"train.example"});
  CHECK(options.allowed_origins == Arguments{"http://localhost:8888"});
  CHECK(options.log_level == LogLevel::debug);
  CHECK(options.file_roots == std::vector<std::filesystem::path>{root});
  CHECK(options.sync);
  CHECK(options.job.engine_wait == std::chrono::seconds(5));
  CHECK(options.job.region == "eu-west-1");
  CHECK(options.job.account_id == "000000000001");
  CHECK(options.job.max_instances == 2);
  CHECK(options.job.job_memory_bytes == std::uint64_t{1} << 30);
  CHECK(options.job.shm_bytes == std::uint64_t{64} << 20);
  CHECK(options.job.network_cidr == "10.0.0.0/8");
  CHECK(options.job.pull == PullPolicy::never);
  CHECK(options.job.image_aliases == std::map<std::string, std::string>{{"a", "b"}, {"c", "d:1"}});
  CHECK(options.job.stop_grace == std::chrono::seconds(1));
  CHECK(options.job.keep == KeepPolicy::failed);
  CHECK(options.job.staging == StagingMethod::copy);
}

TEST_CASE("variables of jobs may hold commas and further equals signs") {
  using Variables = std::map<std::string, std::string>;
  Place place;
  place.surroundings.environment["TRAINYARD_JOB_ENV"] =
      "HTTP_PROXY=http://proxy:3128/?a=b,NO_PROXY=localhost,10.0.0.0/8,.internal,EMPTY=";
  CHECK(place.serve().job.environment == Variables{{"HTTP_PROXY", "http://proxy:3128/?a=b"},
                                                   {"NO_PROXY", "localhost,10.0.0.0/8,.internal"},
                                                   {"EMPTY", ""}});
  CHECK(place.serve({"--job-env", "A=b,C=d"}).job.environment == Variables{{"A", "b,C=d"}});
  for (const char* wrong : {"A", "=b", "1A=b", "A B=c", "A-B=c"}) {
    CAPTURE(wrong);
    CHECK(contains(place.error({"serve", "--job-env", wrong}), "NAME=VALUE"));
  }
  CHECK(
      contains(place.error({"serve", "--job-env", "A=b", "--job-env", "A=c"}), "A is given twice"));
}

TEST_CASE("certificates for jobs are read when the daemon starts") {
  const Place place;
  CHECK(contains(place.error({"serve", "--job-ca", "/nowhere/ca.pem"}), "/nowhere/ca.pem"));
  const std::string binary = place.config("0\202\003");
  CHECK(contains(place.error({"serve", "--job-ca", binary}), "PEM"));
}

TEST_CASE("a directory is given as a bucket") {
  const auto given = [](const std::string& value) {
    return parse_command_line(
        std::vector<std::string>{"serve", "--bucket", value, "--data-dir", "d"}, {{}, "/", "/"});
  };
  const auto options = given("data=/");
  REQUIRE(options);
  CHECK(std::get<ServeOptions>(*options).buckets ==
        std::map<std::string, std::filesystem::path>{{"data", "/"}});
  for (const char* wrong : {"data", "=/", "Data=/", "data=", "data=/no/such/directory"}) {
    CAPTURE(wrong);
    CHECK(given(wrong).error().kind == ErrorKind::invalid_argument);
  }
}

TEST_CASE("every option has an environment variable, and every one but two a key of the file") {
  const Place files;
  const std::string pem = files.temporary / "ca.pem";
  testing::write_file(pem, certificate);
  const std::map<std::string_view, std::string> samples = {
      {"listen", "127.0.0.1:1"},
      {"allowed-host", "a,b"},
      {"allowed-origin", "http://a,http://b"},
      {"auth", "required"},
      {"hold-describe", "20"},
      {"ready-file", "r"},
      {"data-dir", "d"},
      {"ephemeral", "false"},
      {"file-root", "/"},
      {"bucket", "one=/,two=/"},
      {"sync", "true"},
      {"docker-host", "x"},
      {"engine-wait", "1"},
      {"pull", "always"},
      {"image-alias", "a=b,c=d"},
      {"network-cidr", "10.1.0.0/24"},
      {"staging", "volume"},
      {"max-instances", "1"},
      {"job-memory", "8m"},
      {"shm-size", "1m"},
      {"job-env", "A=b,C=d"},
      {"job-ca", pem},
      {"pip-cache", "true"},
      {"stop-grace", "1"},
      {"keep", "always"},
      {"region", "eu-west-1"},
      {"account-id", "000000000000"},
      {"log-level", "error"},
  };
  std::string file;
  Place by_environment;
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    if (row.name == "config" || (row.commands & for_serve) == 0) continue;
    REQUIRE(samples.contains(row.name));
    const std::string& value = samples.at(row.name);
    by_environment.surroundings.environment[environment_name(row.name)] = value;
    const bool bare = row.kind == OptionKind::integer || row.kind == OptionKind::boolean;
    const std::string quoted = bare ? value : '"' + value + '"';
    if (is_list(row.kind) && contains(value, ",")) {
      const std::size_t comma = value.find(',');
      file += fmt::format("{} = [\"{}\", \"{}\"]\n", row.name, value.substr(0, comma),
                          value.substr(comma + 1));
    } else {
      file += fmt::format("{} = {}\n", row.name, quoted);
    }
  }
  const Place by_file;
  for (const ServeOptions& options :
       {by_environment.serve(), by_file.serve({"--config", by_file.config(file)})}) {
    CHECK(options.listen.port == 1);
    CHECK(options.allowed_hosts == Arguments{"a", "b"});
    CHECK(options.allowed_origins == Arguments{"http://a", "http://b"});
    CHECK(options.auth_required);
    CHECK(options.hold_describe == std::chrono::seconds(20));
    CHECK(options.ready_file->filename() == "r");
    CHECK(options.data_dir.filename() == "d");
    CHECK(options.file_roots == std::vector<std::filesystem::path>{"/"});
    CHECK(options.buckets ==
          std::map<std::string, std::filesystem::path>{{"one", "/"}, {"two", "/"}});
    CHECK(options.sync);
    CHECK(options.docker_host == "x");
    CHECK(options.log_level == LogLevel::error);
    CHECK(options.job.engine_wait == std::chrono::seconds(1));
    CHECK(options.job.pull == PullPolicy::always);
    CHECK(options.job.image_aliases.size() == 2);
    CHECK(options.job.network_cidr == "10.1.0.0/24");
    CHECK(options.job.environment == std::map<std::string, std::string>{{"A", "b"}, {"C", "d"}});
    CHECK(options.job.certificates == certificate);
    CHECK(options.job.pip_cache);
    CHECK(options.job.staging == StagingMethod::volume);
    CHECK(options.job.max_instances == 1);
    CHECK(options.job.job_memory_bytes == 8u << 20);
    CHECK(options.job.shm_bytes == 1u << 20);
    CHECK(options.job.stop_grace == std::chrono::seconds(1));
    CHECK(options.job.keep == KeepPolicy::always);
    CHECK(options.job.region == "eu-west-1");
    CHECK(options.job.account_id == "000000000000");
  }
}

TEST_CASE("command line before environment before file before default") {
  Place place;
  const std::string file = place.config("max-instances = 3\nimage-alias = [\"f=1\", \"g=2\"]\n");
  auto& environment = place.surroundings.environment;
  CHECK(place.serve({"--config", file}).job.max_instances == 3);
  environment["TRAINYARD_CONFIG"] = file;
  CHECK(place.serve().job.max_instances == 3);
  CHECK(place.serve().job.image_aliases.size() == 2);
  environment["TRAINYARD_MAX_INSTANCES"] = "4";
  environment["TRAINYARD_IMAGE_ALIAS"] = "e=1";
  CHECK(place.serve().job.max_instances == 4);
  CHECK(place.serve().job.image_aliases == std::map<std::string, std::string>{{"e", "1"}});
  CHECK(place.serve({"--max-instances", "5"}).job.max_instances == 5);
  CHECK(place.serve({"--max-instances=6"}).job.max_instances == 6);
  environment["TRAINYARD_MAX_INSTANCES"] = "";
  CHECK(place.serve().job.max_instances == 3);
  environment["TRAINYARD_SYNC"] = "yes";
  CHECK(place.serve().sync);
  CHECK_FALSE(place.serve({"--sync=false"}).sync);
}

TEST_CASE("an ephemeral daemon has no data directory of the user's") {
  Place place;
  CHECK_FALSE(place.serve().ephemeral);
  CHECK(place.serve({"--ephemeral"}).ephemeral);
  CHECK(place.serve({"--ephemeral"}).data_dir.empty());
  const std::string refused = place.error({"serve", "--ephemeral", "--data-dir", "d"});
  CHECK(contains(refused, "--data-dir: "));
  CHECK(contains(refused, "leave away either this or --ephemeral"));
  CHECK(place.serve({"--ephemeral=false", "--data-dir", "d"}).data_dir.filename() == "d");

  // What is said more plainly counts.
  const std::string file = place.config("data-dir = \"/kept\"\nephemeral = false\n");
  CHECK(place.serve({"--ephemeral", "--config", file}).data_dir.empty());
  place.surroundings.environment["TRAINYARD_DATA_DIR"] = "/kept";
  CHECK(place.serve({"--ephemeral"}).data_dir.empty());
  place.surroundings.environment["TRAINYARD_EPHEMERAL"] = "yes";
  CHECK(contains(place.error({"serve"}), "TRAINYARD_DATA_DIR: "));
  CHECK(contains(place.error({"serve", "--data-dir", "d"}), "TRAINYARD_EPHEMERAL"));
}

TEST_CASE("the user's own file is read when it is there") {
  Place place;
  testing::write_file(place.surroundings.home / ".config/trainyard/config.toml",
                      "max-instances = 3\n");
  CHECK(place.serve().job.max_instances == 3);
  place.surroundings.environment["XDG_CONFIG_HOME"] = (place.temporary / "xdg").string();
  CHECK(place.serve().job.max_instances == 8);
  testing::write_file(place.temporary / "xdg" / "trainyard" / "config.toml", "max-instances = 2\n");
  CHECK(place.serve().job.max_instances == 2);
}

TEST_CASE("the data directory follows XDG_DATA_HOME, when it is absolute") {
  Place place;
  place.surroundings.environment["XDG_DATA_HOME"] = "/var/data";
  CHECK(place.serve().data_dir == "/var/data/trainyard");
  place.surroundings.environment["XDG_DATA_HOME"] = "relative";
  CHECK(place.serve().data_dir == place.surroundings.home / ".local/share/trainyard");
  place.surroundings.environment.clear();
  place.surroundings.home.clear();
  CHECK(contains(place.error({"serve"}), "--data-dir"));
}

TEST_CASE("file roots are resolved, and / is not one unless it is named") {
  Place place;
  std::filesystem::create_directory_symlink(place.surroundings.home, place.temporary / "link");
  CHECK(place.serve({"--file-root", "../link"}).file_roots == std::vector{place.surroundings.home});
  place.surroundings.current_directory = "/";
  CHECK(place.serve().file_roots == std::vector{place.surroundings.home});
  const std::string none = place.config("file-root = []\n");
  CHECK(place.serve({"--config", none}).file_roots.empty());
}

TEST_CASE("wrong values are refused with the option, the value and the right form") {
  struct Case {
    Arguments arguments;
    std::string_view message;
  };
  const Case cases[] = {
      {{"--listen", "4747"},
       "--listen: \"4747\" is not an address with a port; write ADDRESS:PORT"},
      {{"--listen", ":80"}, "is not an address with a port"},
      {{"--listen", "::1:80"}, "is not an address with a port"},
      {{"--listen", "127.0.0.1:65536"}, "has no port from 0 to 65535"},
      {{"--listen", "127.0.0.1:"}, "has no port"},
      {{"--listen", "example.com:80"}, "does not name an IP address"},
      {{"--listen", "[127.0.0.1]:80"}, "is not an address with a port"},
      {{"--max-instances", "0"}, "--max-instances: \"0\" is not a whole number from 1 to 1000"},
      {{"--max-instances", "2.5"}, "\"2.5\" is not a whole number"},
      {{"--engine-wait", "-1"}, "--engine-wait: \"-1\" is not a whole number of seconds"},
      {{"--stop-grace", "2m"}, "\"2m\" is not a whole number of seconds from 0 to 86400"},
      {{"--job-memory", "5m"}, "\"5m\" is less than the 6m"},
      {{"--job-memory", "8x"}, "\"8x\" is not a size"},
      {{"--shm-size", "-8g"}, "\"-8g\" is not a size"},
      {{"--shm-size", "g"}, "\"g\" is not a size"},
      {{"--shm-size", "0"}, "--shm-size: the size must be more than 0"},
      {{"--shm-size", "99999999t"}, "too large"},
      {{"--network-cidr", "10.213.0.0"}, "is not an IPv4 network with a prefix of 8 to 24 bits"},
      {{"--network-cidr", "10.213.0.0/25"}, "prefix of 8 to 24"},
      {{"--network-cidr", "0.0.0.0/0"}, "prefix of 8 to 24"},
      {{"--network-cidr", "10.213.7.0/16"}, "the network is 10.213.0.0/16"},
      {{"--network-cidr", "fd00::/16"}, "is not an IPv4 network"},
      {{"--region", "moon"}, "is not a region, such as us-east-1"},
      {{"--region", "us-east-"}, "is not a region"},
      {{"--account-id", "1234"}, "has twelve digits"},
      {{"--pull", "sometimes"}, "\"sometimes\" is none of missing, never, always"},
      {{"--keep", "all"}, "\"all\" is none of never, failed, always"},
      {{"--staging", "bind"}, "\"bind\" is none of auto, overlay, copy, volume"},
      {{"--auth", "on"}, "\"on\" is none of off, required"},
      {{"--hold-describe", "51"}, "--hold-describe"},
      {{"--hold-describe", "long"}, "--hold-describe"},
      {{"--log-level", "loud"}, "\"loud\" is none of debug, info, warning, error"},
      {{"--image-alias", "only-from"}, "is not FROM=TO"},
      {{"--image-alias", "=to"}, "is not FROM=TO"},
      {{"--image-alias", "a=b", "--image-alias", "a=c"}, "a has two aliases"},
      {{"--allowed-host", "http://host"}, "without scheme and port"},
      {{"--allowed-origin", "localhost:8888"}, "is not an origin"},
      {{"--allowed-origin", "null"}, "is not an origin"},
      {{"--allowed-origin", "http://host/page"}, "is not an origin"},
      {{"--file-root", "/does/not/exist"}, "/does/not/exist is not a directory that exists"},
      {{"--data-dir", ""}, "--data-dir: the value is empty"},
      {{"--region", "us-east-1", "--region", "us-east-2"}, "--region: is given more than once"},
      {{"--frobnicate"}, "trainyard serve has no option \"--frobnicate\""},
      {{"surplus"}, "trainyard serve has no argument \"surplus\""},
      {{"--listen"}, "--listen"},
      {{"--config", "/does/not/exist.toml"}, "--config: open /does/not/exist.toml: No such file"},
  };
  const Place place;
  for (const Case& wrong : cases) {
    Arguments arguments = wrong.arguments;
    arguments.insert(arguments.begin(), "serve");
    const std::string message = place.error(arguments);
    CAPTURE(message);
    CAPTURE(wrong.message);
    CHECK(contains(message, wrong.message));
  }
}

TEST_CASE("a wrong value in the environment names its variable") {
  Place place;
  place.surroundings.environment["TRAINYARD_ENGINE_WAIT"] = "soon";
  CHECK(place.error({"serve"}).starts_with("TRAINYARD_ENGINE_WAIT: \"soon\""));
  // The log of a job does not depend on it.
  CHECK(parse_command_line(Arguments{"logs", "job"}, place.surroundings));
}

TEST_CASE("errors of the file name file, line and key") {
  struct Case {
    std::string_view content;
    std::string_view message;
  };
  const Case cases[] = {
      {"\nmax_instances = 3\n", ":2: max_instances: there is no such option"},
      {"max-instances = \"3\"\n", ":1: max-instances: the value must be an integer"},
      {"# c\nregion = 1\n", ":2: region: the value must be a string"},
      {"sync = 1\n", ":1: sync: the value must be true or false"},
      {"allowed-host = [1]\n", ":1: allowed-host: the value must be an array of strings"},
      {"shm-size = 1.5\n", ":1: shm-size: the value must be an integer or a string"},
      {"[jobs]\nmax-instances = 3\n", ":1: jobs: there is no such option"},
      {"url = \"http://x\"\n", ":1: url: this option cannot be in a configuration file"},
      {"\nmax-instances = 0\n", ":2: max-instances: \"0\" is not a whole number"},
      {"region = \"\"\n", ":1: region: the value is empty"},
      {"region = \n", ":1: "},
  };
  const Place place;
  for (const Case& wrong : cases) {
    const std::string file = place.config(wrong.content);
    const std::string message = place.error({"serve", "--config", file});
    CAPTURE(message);
    CHECK(message.starts_with(file + std::string(wrong.message)));
  }
}

TEST_CASE("sizes in a file are integers or texts") {
  const Place place;
  const auto file = place.config("shm-size = 1048576\njob-memory = \"1GiB\"\n");
  CHECK(place.serve({"--config", file}).job.shm_bytes == 1u << 20);
  CHECK(place.serve({"--config", file}).job.job_memory_bytes == 1u << 30);
}

TEST_CASE("origins are compared as browsers write them") {
  const Place place;
  const auto options =
      place.serve({"--allowed-origin", "HTTPS://Lab.Example:443/", "--allowed-origin",
                   "http://[::1]:80", "--allowed-origin", "http://[::1]:8888"});
  CHECK(options.allowed_origins ==
        Arguments{"https://lab.example", "http://[::1]", "http://[::1]:8888"});
}

TEST_CASE("an address that others can reach is warned about") {
  const Place place;
  for (const char* address : {"0.0.0.0:4747", "[::]:0", "10.0.0.1:80"}) {
    const auto texts = warnings(place.serve({"--listen", address}));
    REQUIRE(texts.size() == 1);
    CHECK(contains(texts.front(), address));
    CHECK(contains(texts.front(), "root"));
  }
  CHECK(warnings(place.serve({"--listen", "localhost:1"})).empty());
  CHECK(warnings(place.serve({"--listen", "127.8.0.1:1"})).empty());
  CHECK(warnings(place.serve({"--listen", "[::1]:1"})).empty());
}

TEST_CASE("doctor, logs and version") {
  const Place place;
  const auto parse = [&](const Arguments& arguments) {
    return parse_command_line(arguments, place.surroundings).value();
  };
  const auto checked =
      std::get<DoctorOptions>(parse({"doctor", "--listen", "127.0.0.1:1", "--staging", "volume"}));
  CHECK(checked.listen.port == 1);
  CHECK(checked.staging == StagingMethod::volume);
  CHECK(checked.data_dir == place.surroundings.home / ".local/share/trainyard");
  const auto logs = std::get<LogsOptions>(parse({"logs", "job-1", "--url", "http://host:1"}));
  CHECK(logs.job == "job-1");
  CHECK(logs.url == "http://host:1");
  CHECK(std::get<LogsOptions>(parse({"logs", "--data-dir", "/d", "job-2"})).data_dir == "/d");
  CHECK(std::holds_alternative<VersionOptions>(parse({"version"})));
  CHECK(std::holds_alternative<VersionOptions>(parse({"--version"})));
}

TEST_CASE("commands that are not there are refused with those that are") {
  const Place place;
  CHECK(place.error({}) ==
        "a command is missing; the commands are serve, doctor, env, logs, version");
  CHECK(place.error({"server"}) ==
        "there is no command \"server\"; the commands are serve, doctor, env, logs, version");
  CHECK(contains(place.error({"--listen", "x"}), "there is no option \"--listen\""));
  CHECK(contains(place.error({"logs"}), "trainyard logs JOB"));
  CHECK(contains(place.error({"logs", "a", "b"}), "has no argument \"b\""));
  CHECK(contains(place.error({"doctor", "--max-instances", "1"}), "has no option"));
}

TEST_CASE("the help of serve names every option of it") {
  const Place place;
  const auto command = parse_command_line(Arguments{"serve", "--help"}, place.surroundings);
  REQUIRE(command);
  const std::string text = std::get<HelpOptions>(*command).text;
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    const bool named = contains(text, "--" + std::string(row.name));
    CHECK(named == ((row.commands & for_serve) != 0));
  }
  CHECK(contains(text, "TRAINYARD_MAX_INSTANCES"));
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    CHECK(end - begin <= 100);
    begin = end + 1;
  }
}

}  // namespace trainyard::server

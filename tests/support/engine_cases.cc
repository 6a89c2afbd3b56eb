#include "tests/support/engine_cases.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/fake_engine.h"
#include "tests/support/fake_tree.h"
#include "tests/support/log_lines.h"

namespace trainyard::testing {
namespace {

constexpr const char* script_hello = "echo to out; echo to err >&2; printf partial";
constexpr const char* script_exit_7 = "exit 7";
constexpr const char* script_wait =
    "trap 'echo got term; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
constexpr const char* script_long_line = "head -c 40000 /dev/zero | tr '\\0' x; echo";
constexpr const char* script_copy =
    "cp /opt/ml/input/data/train/a.csv /opt/ml/model/copy && echo -n made > /opt/ml/model/made";

template <typename T>
T require(Result<T> result) {
  if (!result) FAIL(to_string(result.error().kind), ": ", result.error().message);
  return std::move(*result);
}

void require(Result<void> result) {
  if (!result) FAIL(to_string(result.error().kind), ": ", result.error().message);
}

template <typename T>
ErrorKind kind_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  INFO(result.error().message);
  CHECK_FALSE(result.error().message.empty());
  return result.error().kind;
}

ContainerSpec spec_for(const EngineUnderTest& test, const char* name, const char* script) {
  ContainerSpec spec;
  spec.name = test.prefix + name;
  spec.image = test.image;
  spec.command = std::vector<std::string>{"/bin/sh", "-c", script, script};
  spec.labels = test.labels;
  return spec;
}

std::string run(EngineUnderTest& test, const ContainerSpec& spec) {
  const std::string id = require(test.engine.create_container(spec));
  require(test.engine.start_container(id));
  return id;
}

// Following the log is a way to wait for the end that all engines have.
std::vector<KeptFrame> follow_to_end(EngineUnderTest& test, const std::string& id) {
  std::vector<KeptFrame> frames;
  require(test.engine.read_logs(id, Time{}, true, keep_frames(frames), {}));
  return frames;
}

// Blocks until the container has printed `text`.
void wait_for_output(EngineUnderTest& test, const std::string& id, const std::string& text) {
  std::stop_source found;
  std::string seen;
  (void)test.engine.read_logs(
      id, Time{}, true,
      [&](const LogFrame& frame) -> Result<void> {
        seen += frame.bytes;
        if (seen.find(text) == std::string::npos) return {};
        return failure(ErrorKind::cancelled, "seen");
      },
      found.get_token());
  REQUIRE(seen.find(text) != std::string::npos);
}

std::string tar_of(std::initializer_list<std::pair<std::string, std::string>> files) {
  FakeTree tree;
  for (const auto& [path, content] : files) {
    FakeFile file;
    file.content = content;
    add_file(tree, path, file);
  }
  return make_tar(tree);
}

BodyProducer body_of(std::string text) {
  return [text = std::move(text)](ByteSink& sink) { return sink.write(as_bytes(text)); };
}

FakeTree fetch(EngineUnderTest& test, const std::string& id, const std::string& path) {
  auto source = require(test.engine.get_archive(id, path, {}));
  return require(parse_tar(require(read_all(*source, 64 << 20))));
}

void describes_itself(EngineUnderTest& test) {
  const EngineInfo info = require(test.engine.info());
  CHECK_FALSE(info.version.empty());
  CHECK_FALSE(info.api_version.empty());
  CHECK_FALSE(info.storage_driver.empty());
  CHECK_FALSE(info.endpoint.empty());
}

void runs_to_an_exit_code(EngineUnderTest& test) {
  const std::string id = require(test.engine.create_container(spec_for(test, "x", script_exit_7)));
  ContainerState state = require(test.engine.inspect_container(id));
  CHECK(state.id == id);
  CHECK(state.status == ContainerStatus::created);
  CHECK(state.started_at == Time{});
  CHECK(state.labels == test.labels);
  require(test.engine.start_container(id));
  follow_to_end(test, id);
  state = require(test.engine.inspect_container(id));
  CHECK(state.status == ContainerStatus::exited);
  CHECK(state.exit_code == 7);
  CHECK_FALSE(state.out_of_memory);
  CHECK(state.started_at > Time{});
  CHECK(state.finished_at >= state.started_at);
}

void keeps_streams_and_partial_lines(EngineUnderTest& test) {
  const std::string id = run(test, spec_for(test, "log", script_hello));
  const auto frames = follow_to_end(test, id);
  CHECK(text_of(frames, LogFrame::Stream::out) == "to out\npartial");
  CHECK(text_of(frames, LogFrame::Stream::err) == "to err\n");
  const ContainerState state = require(test.engine.inspect_container(id));
  for (const KeptFrame& frame : frames)
    CHECK(frame.time > state.started_at - std::chrono::hours(1));

  // Read again from the time stamp of the last frame: it is included, what is older is not.
  const Time last = frames.back().time;
  const auto at_or_after =
      std::ranges::count_if(frames, [&](const KeptFrame& frame) { return frame.time >= last; });
  std::vector<KeptFrame> again;
  require(test.engine.read_logs(id, last, false, keep_frames(again), {}));
  CHECK(again.size() == static_cast<std::size_t>(at_or_after));
  again.clear();
  require(
      test.engine.read_logs(id, last + std::chrono::nanoseconds(1), false, keep_frames(again), {}));
  CHECK(again.empty());
}

void splits_long_lines_with_one_time(EngineUnderTest& test) {
  const std::string id = run(test, spec_for(test, "long", script_long_line));
  const auto frames = follow_to_end(test, id);
  CHECK(frames.size() == 3);
  CHECK(text_of(frames, LogFrame::Stream::out) == std::string(40000, 'x') + "\n");
  for (const KeptFrame& frame : frames) CHECK(frame.time == frames.front().time);
}

void gives_back_the_error_of_the_reader(EngineUnderTest& test) {
  const std::string id = run(test, spec_for(test, "log", script_hello));
  follow_to_end(test, id);
  const auto result = test.engine.read_logs(
      id, Time{}, false,
      [](const LogFrame&) -> Result<void> { return failure(ErrorKind::limit_exceeded, "full"); },
      {});
  CHECK(kind_of(result) == ErrorKind::limit_exceeded);
}

void takes_signals(EngineUnderTest& test) {
  const std::string id = run(test, spec_for(test, "term", script_wait));
  wait_for_output(test, id, "ready");
  require(test.engine.start_container(id));  // once more changes nothing
  require(test.engine.signal_container(id, "SIGTERM"));
  const auto frames = follow_to_end(test, id);
  CHECK(text_of(frames, LogFrame::Stream::out) == "ready\ngot term\n");
  CHECK(require(test.engine.inspect_container(id)).exit_code == 3);
  require(test.engine.signal_container(id, "SIGTERM"));  // it has ended: success
}

void kills(EngineUnderTest& test) {
  const std::string id = run(test, spec_for(test, "kill", script_wait));
  wait_for_output(test, id, "ready");
  require(test.engine.signal_container(id, "SIGKILL"));
  follow_to_end(test, id);
  CHECK(require(test.engine.inspect_container(id)).exit_code == 137);
}

void stops_following(EngineUnderTest& test) {
  const std::string id = run(test, spec_for(test, "stop", script_wait));
  std::stop_source stop;
  std::vector<std::string> seen;
  const auto result = test.engine.read_logs(
      id, Time{}, true,
      [&](const LogFrame& frame) -> Result<void> {
        seen.emplace_back(frame.bytes);
        stop.request_stop();
        return {};
      },
      stop.get_token());
  CHECK(kind_of(result) == ErrorKind::cancelled);
  CHECK(seen == std::vector<std::string>{"ready\n"});
}

void refuses_names_that_are_taken(EngineUnderTest& test) {
  const ContainerSpec spec = spec_for(test, "twice", script_exit_7);
  require(test.engine.create_container(spec));
  CHECK(kind_of(test.engine.create_container(spec)) == ErrorKind::already_exists);
}

void names_what_is_missing(EngineUnderTest& test) {
  const std::string none = test.prefix + "none";
  CHECK(kind_of(test.engine.inspect_image(none + ":1")) == ErrorKind::not_found);
  CHECK(kind_of(test.engine.inspect_container(none)) == ErrorKind::not_found);
  CHECK(kind_of(test.engine.start_container(none)) == ErrorKind::not_found);
  CHECK(kind_of(test.engine.signal_container(none, "SIGTERM")) == ErrorKind::not_found);
  CHECK(kind_of(test.engine.get_archive(none, "/", {})) == ErrorKind::not_found);
  CHECK(kind_of(test.engine.put_archive(none, "/", body_of(make_tar({})), {})) ==
        ErrorKind::not_found);
  std::vector<KeptFrame> frames;
  CHECK(kind_of(test.engine.read_logs(none, Time{}, true, keep_frames(frames), {})) ==
        ErrorKind::not_found);
  ContainerSpec spec = spec_for(test, "image", script_exit_7);
  spec.image = none + ":1";
  CHECK(kind_of(test.engine.create_container(spec)) == ErrorKind::not_found);
  spec = spec_for(test, "network", script_exit_7);
  spec.network = none;
  const std::string id = require(test.engine.create_container(spec));
  CHECK(kind_of(test.engine.start_container(id)) == ErrorKind::not_found);
}

void removes_what_is_there_or_not(EngineUnderTest& test) {
  ContainerSpec spec = spec_for(test, "gone", script_wait);
  spec.mounts.push_back({"/scratch", "", {}, {}});
  const std::string id = run(test, spec);
  require(test.engine.remove_container(id));
  require(test.engine.remove_container(id));
  CHECK(kind_of(test.engine.inspect_container(id)) == ErrorKind::not_found);
  require(test.engine.remove_volume(test.prefix + "none"));
  require(test.engine.remove_network(test.prefix + "none"));
}

void takes_anonymous_volumes_along(EngineUnderTest& test) {
  ContainerSpec spec = spec_for(test, "anonymous", script_exit_7);
  spec.mounts.push_back({"/scratch", "", test.labels, {}});
  const std::string id = run(test, spec);
  follow_to_end(test, id);
  CHECK(require(test.engine.list_volumes(test.labels)).size() == 1);
  require(test.engine.remove_container(id));
  CHECK(require(test.engine.list_volumes(test.labels)).empty());
}

void lists_by_label(EngineUnderTest& test) {
  ContainerSpec spec = spec_for(test, "one", script_exit_7);
  spec.labels["which"] = "one";
  const std::string one = require(test.engine.create_container(spec));
  spec = spec_for(test, "two", script_exit_7);
  require(test.engine.create_container(spec));
  CHECK(require(test.engine.list_containers(test.labels)).size() == 2);
  Labels wanted = test.labels;
  wanted["which"] = "one";
  const auto found = require(test.engine.list_containers(wanted));
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == one);
  CHECK(found[0].labels == wanted);
}

void moves_files_through_volumes(EngineUnderTest& test) {
  const std::string input = test.prefix + "input";
  const std::string model = test.prefix + "model";
  CHECK_FALSE(require(test.engine.create_volume(input, test.labels)).empty());
  require(test.engine.create_volume(model, test.labels));
  require(test.engine.create_volume(model, test.labels));  // once more changes nothing
  ContainerSpec spec = spec_for(test, "files", script_copy);
  spec.mounts.push_back({"/opt/ml/input/data/train", input, {}, {}});
  spec.mounts.push_back({"/opt/ml/model", model, {}, {}});
  const std::string id = require(test.engine.create_container(spec));
  require(test.engine.put_archive(id, "/opt/ml/input/data/train",
                                  body_of(tar_of({{"a.csv", "1,2\n"}, {"deep/b.csv", "3,4\n"}})),
                                  {}));
  require(test.engine.start_container(id));
  follow_to_end(test, id);
  REQUIRE(require(test.engine.inspect_container(id)).exit_code == 0);

  const FakeTree files = fetch(test, id, "/opt/ml/model");
  REQUIRE(files.contains("model/copy"));
  CHECK(files.at("model").type == TreeEntry::Type::directory);
  CHECK(files.at("model/copy").content == "1,2\n");
  CHECK(files.at("model/made").content == "made");
  const FakeTree single = fetch(test, id, "/opt/ml/model/made");
  CHECK(single.at("made").content == "made");
  CHECK(fetch(test, id, "/opt/ml/input/data/train").contains("train/deep/b.csv"));

  CHECK(kind_of(test.engine.remove_volume(model)) == ErrorKind::conflict);
  CHECK(require(test.engine.list_volumes(test.labels)).size() == 2);
  require(test.engine.remove_container(id));
  require(test.engine.remove_volume(model));
  require(test.engine.remove_volume(input));
  CHECK(require(test.engine.list_volumes(test.labels)).empty());
}

void moves_large_archives(EngineUnderTest& test) {
  std::string content(5'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 251);
  const std::string id =
      require(test.engine.create_container(spec_for(test, "big", script_exit_7)));
  require(test.engine.put_archive(id, "/", body_of(tar_of({{"big.bin", content}})), {}));
  CHECK(fetch(test, id, "/big.bin").at("big.bin").content == content);
  // A transfer that is given up early leaves the engine usable.
  auto source = require(test.engine.get_archive(id, "/big.bin", {}));
  std::vector<std::byte> buffer(1000);
  CHECK(require(source->read(buffer)) > 0);
  source.reset();
  require(test.engine.inspect_container(id));
}

void does_not_follow_a_link_in_an_archive(EngineUnderTest& test) {
  const std::string id =
      require(test.engine.create_container(spec_for(test, "link", script_exit_7)));
  FakeTree tree;
  tree.emplace("link", fake_symlink("/etc/passwd"));
  require(test.engine.put_archive(id, "/", body_of(make_tar(tree)), {}));
  const FakeTree files = fetch(test, id, "/link");
  REQUIRE(files.contains("link"));
  CHECK(files.at("link").type == TreeEntry::Type::symlink);
  CHECK(files.at("link").link_target == "/etc/passwd");
}

void names_missing_paths(EngineUnderTest& test) {
  const std::string id =
      require(test.engine.create_container(spec_for(test, "path", script_exit_7)));
  CHECK(kind_of(test.engine.get_archive(id, "/no/such", {})) == ErrorKind::not_found);
  CHECK(kind_of(test.engine.put_archive(id, "/no/such", body_of(tar_of({{"a", "b"}})), {})) ==
        ErrorKind::not_found);
}

void gives_up_an_archive_whose_producer_failed(EngineUnderTest& test) {
  const std::string id =
      require(test.engine.create_container(spec_for(test, "give", script_exit_7)));
  const auto result = test.engine.put_archive(
      id, "/",
      [](ByteSink&) -> Result<void> { return failure(ErrorKind::data_corrupt, "no more"); }, {});
  CHECK(kind_of(result) == ErrorKind::data_corrupt);
}

void keeps_networks_apart(EngineUnderTest& test) {
  NetworkSpec network;
  network.name = test.prefix + "network";
  network.subnet = fmt::format("10.249.{}.0/24", test.subnet);
  network.labels = test.labels;
  const std::string id = require(test.engine.create_network(network));
  CHECK(kind_of(test.engine.create_network(network)) == ErrorKind::already_exists);
  NetworkSpec other = network;
  other.name += "-other";
  CHECK(kind_of(test.engine.create_network(other)) == ErrorKind::conflict);

  ContainerSpec spec = spec_for(test, "member", script_wait);
  spec.network = network.name;
  spec.aliases = {"algo-1"};
  spec.hostname = "algo-1";
  const std::string container = run(test, spec);
  const std::string address = require(test.engine.inspect_container(container)).network_address;
  CHECK(address.starts_with(fmt::format("10.249.{}.", test.subnet)));
  CHECK(kind_of(test.engine.remove_network(id)) == ErrorKind::conflict);

  const auto listed = require(test.engine.list_networks(test.labels));
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].id == id);
  CHECK(listed[0].name == network.name);
  CHECK(listed[0].labels == test.labels);
  require(test.engine.remove_container(container));
  require(test.engine.remove_network(id));
  CHECK(require(test.engine.list_networks(test.labels)).empty());
}

void makes_isolated_networks(EngineUnderTest& test) {
  NetworkSpec network;
  network.name = test.prefix + "isolated";
  network.subnet = fmt::format("10.249.{}.0/24", test.subnet);
  network.isolated = true;
  network.labels = test.labels;
  require(test.engine.create_network(network));
  ContainerSpec spec = spec_for(test, "isolated", script_exit_7);
  spec.network = network.name;
  spec.dns = {"127.0.0.1"};
  const std::string id = run(test, spec);
  follow_to_end(test, id);
  CHECK(require(test.engine.inspect_container(id)).exit_code == 7);
}

void joins_a_second_network(EngineUnderTest& test) {
  const auto make = [&](const char* name, unsigned begin) {
    NetworkSpec network;
    network.name = test.prefix + name;
    network.subnet = fmt::format("10.249.{}.{}/25", test.subnet, begin);
    network.labels = test.labels;
    return require(test.engine.create_network(network));
  };
  const std::string home = make("home", 0);
  const std::string guest = make("guest", 128);
  ContainerSpec spec = spec_for(test, "member", script_wait);
  spec.network = home;
  const std::string container = run(test, spec);
  CHECK(require(test.engine.inspect_container(container)).network == home);

  const std::string address = fmt::format("10.249.{}.254", test.subnet);
  require(test.engine.connect_network(guest, container, address));
  require(test.engine.connect_network(guest, container, address));
  CHECK(kind_of(test.engine.remove_network(guest)) == ErrorKind::conflict);
  require(test.engine.disconnect_network(guest, container));
  require(test.engine.disconnect_network(guest, container));
  require(test.engine.remove_network(guest));
  require(test.engine.disconnect_network(guest, container));
  CHECK(kind_of(test.engine.connect_network(guest, container, address)) == ErrorKind::not_found);
}

void tells_what_happens(EngineUnderTest& test) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<ContainerEvent> events;
  std::stop_source stop;
  Result<void> outcome;
  std::jthread watcher([&] {
    outcome = test.engine.watch_containers(
        test.labels,
        [&](const ContainerEvent& event) {
          const std::lock_guard lock(mutex);
          events.push_back(event);
          changed.notify_all();
        },
        stop.get_token());
    const std::lock_guard lock(mutex);
    changed.notify_all();
  });
  const auto wait_for = [&](auto predicate) {
    std::unique_lock lock(mutex);
    const bool seen = changed.wait_for(lock, std::chrono::seconds(30),
                                       [&] { return std::ranges::any_of(events, predicate); });
    if (!seen) stop.request_stop();
    lock.unlock();
    REQUIRE(seen);
  };
  wait_for([](const ContainerEvent& event) { return event.reconnected; });
  const std::string id = run(test, spec_for(test, "events", script_exit_7));
  const auto happened = [&](const char* action) {
    return [&id, action](const ContainerEvent& event) {
      return event.container_id == id && event.action == action;
    };
  };
  wait_for(happened("start"));
  wait_for(happened("die"));
  require(test.engine.remove_container(id));
  wait_for(happened("destroy"));
  stop.request_stop();
  watcher.join();
  CHECK(kind_of(outcome) == ErrorKind::cancelled);
  CHECK(events.front().reconnected);
}

}  // namespace

std::vector<EngineCase> engine_cases() {
  return {
      {"describes itself", describes_itself},
      {"runs a container to its exit code", runs_to_an_exit_code},
      {"keeps streams apart and partial lines", keeps_streams_and_partial_lines},
      {"splits long lines with one time stamp", splits_long_lines_with_one_time},
      {"gives back the error of the reader of logs", gives_back_the_error_of_the_reader},
      {"takes signals", takes_signals},
      {"kills", kills},
      {"stops following a log", stops_following},
      {"refuses names that are taken", refuses_names_that_are_taken},
      {"names what is missing", names_what_is_missing},
      {"removes what is there or not", removes_what_is_there_or_not},
      {"takes anonymous volumes along", takes_anonymous_volumes_along},
      {"lists containers by label", lists_by_label},
      {"moves files through volumes", moves_files_through_volumes},
      {"moves large archives", moves_large_archives},
      {"does not follow a link in an archive", does_not_follow_a_link_in_an_archive},
      {"names missing paths", names_missing_paths},
      {"gives up an archive whose producer failed", gives_up_an_archive_whose_producer_failed},
      {"keeps networks apart", keeps_networks_apart},
      {"makes isolated networks", makes_isolated_networks},
      {"joins a second network", joins_a_second_network},
      {"tells what happens to containers", tells_what_happens},
  };
}

int play_engine_script(FakeRun& run) {
  const std::string script = run.spec().command->back();
  if (script == script_exit_7) return 7;
  if (script == script_hello) {
    run.print("to out\n");
    run.print("to err\n", LogFrame::Stream::err);
    run.print("partial");
  } else if (script == script_wait) {
    run.print("ready\n");
    if (run.wait_for_signal() == "SIGTERM") run.print("got term\n");
    return 3;
  } else if (script == script_long_line) {
    run.print(std::string(40000, 'x') + "\n");
  } else if (script == script_copy) {
    const auto input = run.read("/opt/ml/input/data/train/a.csv");
    if (!input) return 1;
    run.write("/opt/ml/model/copy", *input);
    run.write("/opt/ml/model/made", "made");
  }
  return 0;
}

void remove_everything(ContainerEngine& engine, const Labels& labels) {
  using Containers = std::vector<ContainerState>;
  using Resources = std::vector<ResourceSummary>;
  for (const ContainerState& container : engine.list_containers(labels).value_or(Containers{})) {
    (void)engine.remove_container(container.id);
  }
  for (const ResourceSummary& volume : engine.list_volumes(labels).value_or(Resources{})) {
    (void)engine.remove_volume(volume.name);
  }
  for (const ResourceSummary& network : engine.list_networks(labels).value_or(Resources{})) {
    (void)engine.remove_network(network.id);
  }
}

}  // namespace trainyard::testing

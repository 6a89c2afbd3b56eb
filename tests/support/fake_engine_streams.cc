// FakeEngine: logs, archives and events.

#include "tests/support/fake_container.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_engine_verb.h"

namespace trainyard::testing {

Result<void> FakeEngine::read_logs(const std::string& id, Time since, bool follow,
                                   const std::function<Result<void>(const LogFrame&)>& on_frame,
                                   std::stop_token stop) {
  TRY_VOID(enter("read_logs"));
  std::unique_lock lock(mutex_);
  TRY(const ContainerPointer container, find(id));
  const std::uint64_t outage = outages_;
  const auto ended = [&] {
    return container->removed || container->state.status != ContainerStatus::running;
  };
  for (std::size_t next = 0;;) {
    if (follow) {
      changed_.wait(lock, stop, [&] {
        return next < container->logs.size() || ended() || was_cut_off(outage);
      });
    }
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "reading logs was stopped");
    if (was_cut_off(outage)) return engine_away();
    if (next == container->logs.size()) return {};
    const FakeLogRecord record = container->logs[next++];
    if (record.time < since) continue;
    lock.unlock();
    TRY_VOID(on_frame(LogFrame{record.stream, record.time, record.bytes}));
    lock.lock();
  }
}

Result<void> FakeEngine::put_archive(const std::string& id, const std::string& path,
                                     const BodyProducer& tar, std::stop_token stop) {
  StringSink body;
  TRY_VOID(tar(body));
  return verb("put_archive", [&]() -> Result<void> {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "the transfer was stopped");
    TRY(const ContainerPointer container, find(id));
    TRY(const FakeTree files, parse_tar(body.text()));
    return insert_tree(*container, path, files);
  });
}

Result<std::unique_ptr<ByteSource>> FakeEngine::get_archive(const std::string& id,
                                                            const std::string& path,
                                                            std::stop_token stop) {
  return verb("get_archive", [&]() -> Result<std::unique_ptr<ByteSource>> {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "the transfer was stopped");
    TRY(const ContainerPointer container, find(id));
    TRY(const FakeTree files, extract_tree(*container, path));
    return std::make_unique<StringSource>(make_tar(files));
  });
}

Result<void> FakeEngine::watch_containers(
    const Labels& labels, const std::function<void(const ContainerEvent&)>& on_event,
    std::stop_token stop) {
  TRY_VOID(enter("watch_containers"));
  std::unique_lock lock(mutex_);
  const std::uint64_t outage = outages_;
  std::size_t next = events_.size();
  lock.unlock();
  on_event(ContainerEvent{"", "", true});
  lock.lock();
  for (;;) {
    changed_.wait(lock, stop, [&] { return next < events_.size() || was_cut_off(outage); });
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "watching was stopped");
    if (was_cut_off(outage)) return engine_away();
    const Event event = events_[next++];
    if (!carries(event.labels, labels)) continue;
    lock.unlock();
    on_event(event.event);
    lock.lock();
  }
}

}  // namespace trainyard::testing

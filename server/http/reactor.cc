#include "server/http/reactor.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <future>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace trainyard::server {

namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// Connections that are accepted before other events get their turn.
constexpr int accept_batch = 64;
constexpr std::chrono::milliseconds accept_pause{100};

// A descriptor that Asio watches and somebody else owns.
class WatchedDescriptor {
 public:
  WatchedDescriptor(asio::io_context& context, int fd) : descriptor_(context, fd) {}
  WatchedDescriptor(WatchedDescriptor&&) = default;
  ~WatchedDescriptor() {
    if (descriptor_.is_open()) descriptor_.release();
  }

  template <typename Handler>
  void async_wait_readable(Handler handler) {
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read, std::move(handler));
  }

 private:
  asio::posix::stream_descriptor descriptor_;
};

struct Parked {
  ConnectionPointer connection;
  WatchedDescriptor watch;  // destroyed before the connection closes what it watches
};

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.ss_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.ss_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  }
  if (bytes == nullptr) return {};
  ::inet_ntop(address.ss_family, bytes, text.data(), text.size());
  return text.data();
}

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

}  // namespace

struct Reactor::State {
  State(UniqueFd socket, const Limits& the_limits, std::function<void(ConnectionPointer)> handler)
      : listener(std::move(socket)),
        limits(the_limits),
        on_readable(std::move(handler)),
        listener_watch(std::in_place, context, listener.get()) {}

  void await_connection();
  void accept_connections();
  void pause_accepting();
  void connection_closed();
  void insert(ConnectionPointer connection);
  void hand_on(std::uint64_t id);
  void release_held();
  void close_overdue();
  void arm_timer();

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  UniqueFd listener;
  Limits limits;
  std::function<void(ConnectionPointer)> on_readable;
  std::optional<WatchedDescriptor> listener_watch;
  asio::steady_timer accept_timer{context};
  asio::steady_timer deadline_timer{context};
  std::atomic<std::size_t> open_connections = 0;
  bool accepting = false;  // a wait for the listener is under way
  bool stopped = false;
  std::uint64_t next_id = 0;
  std::unordered_map<std::uint64_t, Parked> parked;
  std::set<std::pair<SteadyClock::time_point, std::uint64_t>> deadlines;
  SteadyClock::time_point armed = SteadyClock::time_point::max();
};

Reactor::Reactor(UniqueFd listener, const Limits& limits,
                 std::function<void(ConnectionPointer)> on_readable)
    : state_(std::make_unique<State>(std::move(listener), limits, std::move(on_readable))) {
}

Reactor::~Reactor() = default;

void Reactor::run() {
  state_->await_connection();
  for (;;) {
    try {
      state_->context.run();
      return;
    } catch (const std::exception& error) {
      // What failed was about one connection, which is closed by now; the others go on.
      spdlog::error("a connection was dropped: {}", error.what());
      // If it was met while others were accepted, that goes on too.
      state_->await_connection();
    }
  }
}

void Reactor::quit() {
  // Connections that are on their way here are dropped before the thread runs out of work.
  asio::post(state_->context, [state = state_.get()] { state->work.reset(); });
}

void Reactor::park(ConnectionPointer connection) {
  asio::post(state_->context, [state = state_.get(), connection = std::move(connection)]() mutable {
    state->insert(std::move(connection));
  });
}

void Reactor::stop_accepting_and_close_parked() {
  std::promise<void> done;
  asio::post(state_->context, [&] {
    state_->stopped = true;
    state_->listener_watch.reset();
    state_->listener.reset();
    state_->release_held();
    state_->parked.clear();
    state_->deadlines.clear();
    state_->accept_timer.cancel();
    state_->deadline_timer.cancel();
    done.set_value();
  });
  done.get_future().wait();
}

void Reactor::State::await_connection() {
  if (stopped || accepting) return;
  accepting = true;
  listener_watch->async_wait_readable([this](const ErrorCode& error) {
    accepting = false;
    if (!error && !stopped) accept_connections();
  });
}

void Reactor::State::accept_connections() {
  for (int count = 0; count < accept_batch; ++count) {
    // Goes on in connection_closed.
    if (open_connections.load() >= limits.connections) return;
    sockaddr_storage client{};
    socklen_t size = sizeof client;
    const int fd = ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&client), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (out_of_resources(errno)) return pause_accepting();
      break;
    }
    UniqueFd socket(fd);
    const int enabled = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &enabled, sizeof enabled);
    open_connections.fetch_add(1);
    auto connection = std::make_unique<Connection>(std::move(socket), address_text(client),
                                                   [this] { connection_closed(); });
    connection->deadline = SteadyClock::now() + limits.header_time;
    insert(std::move(connection));
  }
  await_connection();
}

void Reactor::State::pause_accepting() {
  spdlog::warn("no more connections can be accepted at the moment: {}",
               system_error(errno, "accept").message);
  accept_timer.expires_after(accept_pause);
  accept_timer.async_wait([this](const ErrorCode& error) {
    if (!error) await_connection();
  });
}

void Reactor::State::connection_closed() {
  if (open_connections.fetch_sub(1) == limits.connections) {
    asio::post(context, [this] { await_connection(); });
  }
}

void Reactor::State::insert(ConnectionPointer connection) {
  if (stopped) {
    if (connection->held) on_readable(std::move(connection));
    return;
  }
  const std::uint64_t id = next_id++;
  const int fd = connection->stream.descriptor();
  const auto deadline = connection->deadline;
  WatchedDescriptor watch(context, fd);
  const auto [seat, inserted] = parked.emplace(id, Parked{std::move(connection), std::move(watch)});
  deadlines.emplace(deadline, id);
  // Waits that are cancelled by `release` call back too, and then find nothing under their id.
  seat->second.watch.async_wait_readable([this, id](const ErrorCode&) { hand_on(id); });
  if (const auto& held = seat->second.connection->held) {
    held->body().ready->listen([this, id] { asio::post(context, [this, id] { hand_on(id); }); });
  }
  arm_timer();
}

void Reactor::State::hand_on(std::uint64_t id) {
  const auto seat = parked.find(id);
  if (seat == parked.end()) return;
  ConnectionPointer connection = std::move(seat->second.connection);
  parked.erase(seat);
  deadlines.erase({connection->deadline, id});
  on_readable(std::move(connection));
}

void Reactor::State::release_held() {
  std::vector<std::uint64_t> held;
  for (const auto& [id, seat] : parked) {
    if (seat.connection->held) held.push_back(id);
  }
  for (const std::uint64_t id : held) hand_on(id);
}

void Reactor::State::close_overdue() {
  const auto now = SteadyClock::now();
  while (!deadlines.empty() && deadlines.begin()->first <= now) {
    const std::uint64_t id = deadlines.begin()->second;
    if (parked.at(id).connection->held) {
      hand_on(id);
    } else {
      parked.erase(id);
      deadlines.erase(deadlines.begin());
    }
  }
  armed = SteadyClock::time_point::max();
  arm_timer();
}

void Reactor::State::arm_timer() {
  if (deadlines.empty() || deadlines.begin()->first >= armed) return;
  armed = deadlines.begin()->first;
  deadline_timer.expires_at(armed);
  deadline_timer.async_wait([this](const ErrorCode& error) {
    if (!error) close_overdue();
  });
}

}  // namespace trainyard::server

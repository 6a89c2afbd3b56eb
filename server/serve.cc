#include "server/serve.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <semaphore>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/s3/s3_service.h"
#include "api/sagemaker/sagemaker_service.h"
#include "runtime/base/task_group.h"
#include "runtime/channel/file_roots.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/job/container_plan.h"
#include "runtime/job/supervisor.h"
#include "runtime/object/embedded_store.h"
#include "runtime/store/data_directory.h"
#include "runtime/store/killing_journal.h"
#include "runtime/store/sqlite_journal.h"
#include "server/control.h"
#include "server/front_door/front_door.h"
#include "server/http/http_server.h"
#include "server/signals.h"

namespace trainyard::server {

namespace {

// Requests in flight have this long to end; with what comes after, the process ends within 10 s.
constexpr std::chrono::seconds request_grace{5};
// Then an Engine that does not answer is waited for this long.
constexpr std::chrono::seconds engine_grace{3};

void set_up_log(LogLevel level) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("trainyard"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  switch (level) {
    case LogLevel::debug:
      spdlog::set_level(spdlog::level::debug);
      break;
    case LogLevel::info:
      spdlog::set_level(spdlog::level::info);
      break;
    case LogLevel::warning:
      spdlog::set_level(spdlog::level::warn);
      break;
    case LogLevel::error:
      spdlog::set_level(spdlog::level::err);
      break;
  }
}

// TRAINYARD_KILL_AT=before:training_started makes the daemon die there: for tests of recovery.
Result<std::unique_ptr<Journal>> open_journal(const DataDirectory& directory) {
  TRY(std::unique_ptr<Journal> journal, SqliteJournal::open(directory.journal()));
  const char* place = std::getenv("TRAINYARD_KILL_AT");
  if (place == nullptr) return journal;
  const auto point = kill_point_from_string(place);
  if (!point) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("TRAINYARD_KILL_AT={} is no place in a job's life; one is "
                               "before:training_started",
                               place));
  }
  return std::make_unique<KillingJournal>(std::move(journal), *point);
}

api::SageMakerService::Settings api_settings(const JobOptions& options) {
  api::SageMakerService::Settings settings;
  settings.region = options.region;
  settings.account_id = options.account_id;
  settings.max_instances = options.max_instances;
  return settings;
}

Result<void> write_ready_file(const std::optional<std::filesystem::path>& file,
                              const std::string& base_url) {
  if (!file) return {};
  // Whoever waits for the file must never see half of its line.
  const std::filesystem::path partial = file->string() + ".partial";
  std::ofstream(partial) << base_url << '\n';
  std::error_code error;
  std::filesystem::rename(partial, *file, error);
  if (error) return failure(system_error(error.value(), "writing " + file->string()));
  return {};
}

std::string base_url_of(const ListenAddress& address, std::uint16_t port) {
  ListenAddress bound = address;
  bound.port = port;
  return "http://" + bound.to_string();
}

// Everything of the daemon, in the order it is made; taken down the other way round.
class Daemon {
 public:
  static Result<std::unique_ptr<Daemon>> make(const ServeOptions& options);

  Result<void> start();
  void stop();

 private:
  struct Stores {
    DataDirectory directory;
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<EmbeddedStore> objects;
  };
  static Result<Stores> open_stores(const ServeOptions& options);

  Daemon(const ServeOptions& options, Stores stores, const EngineEndpoint& endpoint);
  FrontDoor make_front_door();

  const ServeOptions options_;
  Stores stores_;
  std::stop_source abandon_engine_;
  std::unique_ptr<ContainerEngine> engine_;
  FileRoots roots_;
  LogStore logs_;
  Stager stager_;
  NetworkPool networks_;
  JobSite site_;
  Supervisor supervisor_;
  api::SageMakerService sagemaker_;
  api::S3Service s3_;
  ControlService control_;
  FrontDoor front_door_;
  HttpServer http_;
};

Result<Daemon::Stores> Daemon::open_stores(const ServeOptions& options) {
  TRY(DataDirectory directory, DataDirectory::open(options.data_dir));
  auto clock = std::make_unique<SystemClock>();
  TRY(auto journal, open_journal(directory));
  TRY(auto objects, EmbeddedStore::open(directory.objects(), *clock, {options.sync}));
  return Stores{std::move(directory), std::move(clock), std::move(journal), std::move(objects)};
}

Result<std::unique_ptr<Daemon>> Daemon::make(const ServeOptions& options) {
  TRY(const EngineEndpoint endpoint,
      choose_endpoint(options.docker_host, EndpointSurroundings::real()));
  TRY(Stores stores, open_stores(options));
  return std::unique_ptr<Daemon>(new Daemon(options, std::move(stores), endpoint));
}

Daemon::Daemon(const ServeOptions& options, Stores stores, const EngineEndpoint& endpoint)
    : options_(options),
      stores_(std::move(stores)),
      engine_(make_docker_engine(endpoint, abandon_engine_.get_token())),
      roots_(options_.file_roots),
      logs_(stores_.directory.logs()),
      stager_(*engine_, *stores_.objects, roots_, *stores_.clock, stores_.directory.scratch(),
              options_.job.staging),
      networks_(*engine_, options_.job.network_cidr, data_directory_labels(stores_.directory.id()),
                "trainyard-" + stores_.directory.id()),
      site_{*stores_.clock, *engine_, *stores_.journal, *stores_.objects, roots_,
            logs_,          stager_,  networks_,        options_.job,     stores_.directory.id()},
      supervisor_(site_),
      sagemaker_(
          supervisor_, *stores_.objects,
          [this](const std::string& path, bool for_output) -> Result<void> {
            const auto resolved = for_output ? roots_.resolve_output(path) : roots_.resolve(path);
            if (!resolved) return failure(resolved.error());
            return {};
          },
          api_settings(options_.job)),
      s3_(*stores_.objects, {options_.job.region, options_.job.account_id}),
      control_(supervisor_, [this] { return engine_->info(); }),
      front_door_(make_front_door()),
      http_(options_.listen,
            [this](api::Request& request) { return front_door_.answer(request); }) {
}

FrontDoor Daemon::make_front_door() {
  std::map<Service, ServiceHandler> services;
  services[Service::control] = [this](api::Request& request, const Destination&) {
    return control_.handle(request);
  };
  services[Service::sagemaker] = [this](api::Request& request, const Destination&) {
    return sagemaker_.handle(request);
  };
  services[Service::s3] = [this](api::Request& request, const Destination& destination) {
    if (destination.bucket_from_host.empty()) return s3_.handle(request, std::nullopt);
    return s3_.handle(request, destination.bucket_from_host);
  };
  return FrontDoor({options_.allowed_hosts, options_.allowed_origins}, std::move(services));
}

Result<void> Daemon::start() {
  TRY_VOID(supervisor_.start());
  TRY_VOID(http_.start());
  const std::string base_url = base_url_of(options_.listen, http_.port());
  TRY_VOID(stores_.directory.publish_address(base_url));
  TRY_VOID(write_ready_file(options_.ready_file, base_url));
  std::cout << "trainyard ready on " << base_url << std::endl;
  return {};
}

void Daemon::stop() {
  stores_.directory.withdraw_address();
  http_.stop(request_grace);
  TaskGroup patience("patience", 1);
  patience.spawn([this](std::stop_token stop) {
    if (wait_for(*stores_.clock, engine_grace, stop)) abandon_engine_.request_stop();
  });
  supervisor_.stop();
}

}  // namespace

int serve(const ServeOptions& options) {
  set_up_log(options.log_level);
  std::binary_semaphore stop_asked(0);
  const StopSignals signals([&] { stop_asked.release(); });
  auto daemon = Daemon::make(options);
  if (!daemon) {
    std::cerr << "trainyard: " << daemon.error().message << '\n';
    return 1;
  }
  if (const auto started = (*daemon)->start(); !started) {
    std::cerr << "trainyard: " << started.error().message << '\n';
    return 1;
  }
  stop_asked.acquire();
  (*daemon)->stop();
  return 0;
}

}  // namespace trainyard::server

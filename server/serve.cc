#include "server/serve.h"

#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <optional>
#include <semaphore>
#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/cloudwatch/cloudwatch_service.h"
#include "api/iam/iam_service.h"
#include "api/logs/logs_service.h"
#include "api/s3/s3_service.h"
#include "api/sagemaker/sagemaker_service.h"
#include "api/signature/credential_store.h"
#include "api/signature/form_signature.h"
#include "api/sts/sts_service.h"
#include "runtime/base/task_group.h"
#include "runtime/channel/file_roots.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/own_container.h"
#include "runtime/job/container_plan.h"
#include "runtime/job/pip_cache.h"
#include "runtime/job/supervisor.h"
#include "runtime/object/buckets.h"
#include "runtime/store/data_directory.h"
#include "runtime/store/killing_journal.h"
#include "runtime/store/metric_store.h"
#include "runtime/store/sqlite_journal.h"
#include "server/access_keys.h"
#include "server/control.h"
#include "server/engine_probe.h"
#include "server/front_door/front_door.h"
#include "server/http/http_server.h"
#include "server/intermission.h"
#include "server/job_endpoint/job_endpoint_server.h"
#include "server/open_files.h"
#include "server/signals.h"
#include "server/temporary_directory.h"

namespace trainyard::server {

namespace {

// Requests in flight have this long to end, and are cut off then; with what comes after, the
// process ends within 10 s.
constexpr std::chrono::seconds request_grace{5};
// Then an Engine that does not answer is waited for this long; longer where containers must go.
constexpr std::chrono::seconds engine_grace{3};
constexpr std::chrono::seconds ephemeral_grace{20};
// Of a reset.
constexpr std::chrono::seconds request_patience{5};
constexpr std::chrono::seconds job_patience{60};

// Of job networks' names. An Engine publishes a container's ports on the first of its networks by
// name (libnetwork's order of endpoints), and moves them when a network that is joined comes before
// that: those that the daemon's own container joins come last.
std::string network_prefix(const std::string& data_directory_id) {
  const bool in_container = !own_container_candidates().empty();
  return fmt::format("{}trainyard-{}", in_container ? "zz-" : "", data_directory_id);
}

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

// On a thread of its own, or, where the machine gives none, when it is asked for.
template <typename Task>
auto beside(Task task) {
  return std::async(std::launch::async | std::launch::deferred, std::move(task));
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

Limits limits_of(const ConnectionShares& shares) {
  Limits limits;
  limits.connections = shares.clients;
  return limits;
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
  ListenAddress bound = address.reachable();
  bound.port = port;
  return "http://" + bound.to_string();
}

// Everything of the daemon, in the order it is made; taken down the other way round.
class Daemon {
 public:
  static Result<std::unique_ptr<Daemon>> make(const ServeOptions& options);
  // Stops: also a daemon whose start failed half-way has jobs at work.
  ~Daemon() { stop(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Result<void> start();
  void stop();

 private:
  struct Stores {
    std::stop_source cut_off;  // of what requests at work do with the stores, once the daemon ends
    DataDirectory directory;
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<EmbeddedStore> objects;
    std::unique_ptr<Buckets> buckets;
    std::unique_ptr<MetricStore> metrics;
    std::unique_ptr<LogGroups> logs;
    std::unique_ptr<api::CredentialStore> keys;
  };
  static Result<Stores> open_stores(const ServeOptions& options);

  Daemon(const ServeOptions& options, Stores stores, const EngineEndpoint& endpoint);
  std::map<Service, ServiceHandler> make_services();
  ServiceHandler make_sts(api::CredentialStore& keys);
  std::unique_ptr<api::DescribeHolds> make_holds();
  std::optional<SignatureCheck> make_signature_check() const;
  api::S3Settings s3_settings() const;
  FrontDoor make_front_door();
  Result<void> reset();
  void remove_from_engine();

  const ServeOptions options_;
  const ConnectionShares shares_ =
      share_open_files(raise_open_file_limit(), options_.job.max_instances);
  Stores stores_;
  std::stop_source abandon_engine_;
  std::unique_ptr<ContainerEngine> engine_;
  FileRoots roots_;
  Stager stager_;
  JobEndpointServer job_endpoint_;
  TrustedRoots trusted_roots_;
  NetworkPool networks_;
  JobSite site_;
  Supervisor supervisor_;
  api::SageMakerService sagemaker_;
  api::LogsService logs_;
  api::S3Service s3_;
  api::IamService iam_;
  api::CloudWatchService cloudwatch_;
  EngineProbe engine_probe_{[this] { return engine_->info(); }};
  ControlService control_;
  Intermission intermission_;
  FrontDoor front_door_;
  HttpServer http_;
  bool stopped_ = false;
};

Result<Daemon::Stores> Daemon::open_stores(const ServeOptions& options) {
  TRY(DataDirectory directory, DataDirectory::open(options.data_dir));
  std::stop_source cut_off;
  auto clock = std::make_unique<SystemClock>();
  // Making each waits for the disk several times: at a first start that is most of the time, and
  // side by side it is spent once. A future waits for its task, also on the way out.
  auto opening_objects = beside([&] {
    return EmbeddedStore::open(directory.objects(), *clock, {options.sync, cut_off.get_token()});
  });
  auto opening_metrics = beside([&] { return MetricStore::open(directory.metrics()); });
  auto opening_logs = beside([&] { return LogGroups::open(directory.logs(), *clock); });
  auto opening_keys = beside([&] { return read_or_make_keys(directory.keys()); });
  TRY(auto journal, open_journal(directory));
  TRY(auto objects, opening_objects.get());
  auto buckets = std::make_unique<Buckets>(*objects);
  for (const auto& [name, path] : options.buckets) {
    if (const auto apart = directory.check_apart(path); !apart) {
      return failure(apart.error().kind,
                     fmt::format("--bucket {}: {}", name, apart.error().message));
    }
    TRY_VOID(buckets->add_directory(name, path));
  }
  TRY(auto metrics, opening_metrics.get());
  TRY(auto logs, opening_logs.get());
  TRY(auto keys, opening_keys.get());
  return Stores{std::move(cut_off),
                std::move(directory),
                std::move(clock),
                std::move(journal),
                std::move(objects),
                std::move(buckets),
                std::move(metrics),
                std::move(logs),
                std::make_unique<api::CredentialStore>(std::move(keys))};
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
      stager_(*engine_, *stores_.buckets, roots_, *stores_.clock, stores_.directory.scratch(),
              options_.job.staging),
      job_endpoint_(*engine_, *stores_.clock,
                    {stores_.directory.secret(), own_container_candidates(), shares_.each_job}),
      trusted_roots_(*engine_, options_.job.certificates),
      networks_(*engine_, options_.job.network_cidr, data_directory_labels(stores_.directory.id()),
                network_prefix(stores_.directory.id()),
                [this](const std::string& network) { job_endpoint_.leave(network); }),
      site_{
          *stores_.clock,         *engine_,       *stores_.journal, *stores_.buckets, roots_,
          *stores_.logs,          stager_,        networks_,        *stores_.metrics, options_.job,
          stores_.directory.id(), &job_endpoint_, &trusted_roots_},
      supervisor_(site_),
      sagemaker_(
          supervisor_, *stores_.buckets,
          [this](const std::string& path, bool for_output) -> Result<void> {
            const auto resolved = for_output ? roots_.resolve_output(path) : roots_.resolve(path);
            if (!resolved) return failure(resolved.error());
            return {};
          },
          api_settings(options_.job), make_holds()),
      logs_(*stores_.logs, *stores_.clock, {options_.job.region, options_.job.account_id}),
      s3_(*stores_.buckets, *stores_.clock, s3_settings()),
      iam_(options_.job.account_id, *stores_.clock),
      cloudwatch_(*stores_.metrics, *stores_.clock),
      control_(supervisor_, {[this] { return engine_probe_.info(); }, [this] { return reset(); },
                             options_.job.region, options_.job.account_id}),
      front_door_(make_front_door()),
      http_(
          options_.listen, [this](api::Request& request) { return front_door_.answer(request); },
          limits_of(shares_)) {
  job_endpoint_.serve(make_services(),
                      [this](api::CredentialStore& keys) { return make_sts(keys); });
}

std::unique_ptr<api::DescribeHolds> Daemon::make_holds() {
  if (!options_.hold_describe) return nullptr;
  return std::make_unique<api::DescribeHolds>(supervisor_, *stores_.clock, *options_.hold_describe);
}

std::optional<SignatureCheck> Daemon::make_signature_check() const {
  if (!options_.auth_required) return std::nullopt;
  return SignatureCheck({*stores_.keys, *stores_.clock, options_.job.region,
                         control_token(stores_.keys->permanent())});
}

api::S3Settings Daemon::s3_settings() const {
  api::S3Settings settings{options_.job.region, options_.job.account_id};
  if (!options_.auth_required) return settings;
  settings.verify_form = [this](const std::vector<api::FormField>& fields) -> api::S3Result<void> {
    const auto verified =
        verify_form_signature(fields, *stores_.keys, options_.job.region, stores_.clock->now());
    if (!verified) return tl::unexpected(s3_error_of(verified.error()));
    return {};
  };
  return settings;
}

std::map<Service, ServiceHandler> Daemon::make_services() {
  std::map<Service, ServiceHandler> services;
  services[Service::control] = [this](api::Request& request, const Destination&) {
    return control_.handle(request);
  };
  services[Service::sagemaker] = [this](api::Request& request, const Destination&) {
    return sagemaker_.handle(request);
  };
  services[Service::logs] = [this](api::Request& request, const Destination&) {
    return logs_.handle(request);
  };
  services[Service::s3] = [this](api::Request& request, const Destination& destination) {
    return s3_.handle(request, destination.host_bucket());
  };
  services[Service::iam] = [this](api::Request& request, const Destination&) {
    return iam_.handle(request);
  };
  services[Service::cloudwatch] = [this](api::Request& request, const Destination& destination) {
    return cloudwatch_.handle(request, destination.protocol);
  };
  for (auto& [service, handler] : services) {
    if (service != Service::control) handler = intermission_.guard(std::move(handler));
  }
  services[Service::sts] = make_sts(*stores_.keys);
  return services;
}

// Gives out keys that are good where those of `keys` are. A job may also have been given one of the
// daemon's, which stands for the same role inside.
ServiceHandler Daemon::make_sts(api::CredentialStore& keys) {
  const auto sts = std::make_shared<const api::StsService>(
      options_.job.account_id, temporary_keys(keys, *stores_.keys, *stores_.clock));
  return intermission_.guard(
      [sts](api::Request& request, const Destination&) { return sts->handle(request); });
}

FrontDoor Daemon::make_front_door() {
  GateRules rules{options_.allowed_hosts, options_.allowed_origins, std::nullopt,
                  Ipv4Subnet::parse(options_.job.network_cidr)};
  return FrontDoor(
      rules, make_services(),
      [this](api::Request& request, const Destination& destination) {
        return s3_.admits_page(request, destination.host_bucket());
      },
      make_signature_check());
}

// Stops every job and forgets everything that clients have made.
Result<void> Daemon::reset() {
  const auto closed = intermission_.begin(request_patience);
  const auto jobs = supervisor_.clear(job_patience, stores_.cut_off.get_token());
  if (!jobs.forgotten) return jobs.done;
  // What one part cannot forget keeps none of the others from it.
  iam_.clear();
  const auto metrics = stores_.metrics->clear();
  const auto objects = stores_.objects->clear();
  TRY_VOID(metrics);
  TRY_VOID(objects);
  return jobs.done;
}

Result<void> Daemon::start() {
  TRY_VOID(supervisor_.start());
  TRY_VOID(http_.start());
  const std::string base_url = base_url_of(options_.listen, http_.port());
  TRY_VOID(stores_.directory.publish_address(base_url));
  TRY_VOID(write_ready_file(options_.ready_file, base_url));
  std::cout << "trainyard ready on " << base_url << std::endl;
  if (options_.ephemeral) {
    spdlog::info("ephemeral: everything lies in {} and goes at the end",
                 stores_.directory.root().string());
  }
  return {};
}

void Daemon::stop() {
  if (std::exchange(stopped_, true)) return;
  stores_.directory.withdraw_address();
  const auto give_up_engine = [this](const std::stop_token& stop) {
    const auto grace = options_.ephemeral ? ephemeral_grace : engine_grace;
    if (wait_for(*stores_.clock, grace, stop)) abandon_engine_.request_stop();
  };
  TaskGroup patience("patience", 2);
  patience.spawn([&](const std::stop_token& stop) {
    if (!wait_for(*stores_.clock, request_grace, stop)) return;
    stores_.cut_off.request_stop();
    // The thread of a request may wait for the Engine.
    give_up_engine(stop);
  });
  http_.stop(request_grace);
  patience.spawn(give_up_engine);
  if (options_.ephemeral) remove_from_engine();
  supervisor_.stop();
}

void Daemon::remove_from_engine() {
  const auto cleared = supervisor_.clear(ephemeral_grace).done.and_then([this] {
    return options_.job.pip_cache ? engine_->remove_volume(pip_cache_volume(stores_.directory.id()))
                                  : Result<void>();
  });
  if (cleared) return;
  spdlog::error(
      "what this daemon made in the Docker Engine could not all be removed: {}. Remove what "
      "carries "
      "the label {}={} (docker rm -fv, docker volume rm, docker network rm)",
      cleared.error().message, data_directory_label, stores_.directory.id());
}

}  // namespace

int serve(const ServeOptions& given) {
  set_up_log(given.log_level);
  ServeOptions options = given;
  std::optional<TemporaryDirectory> temporary;
  std::binary_semaphore stop_asked(0);
  const StopSignals signals([&] { stop_asked.release(); });
  const auto fail = [](const Error& error) {
    std::cerr << "trainyard: " << error.message << '\n';
    return 1;
  };
  if (options.ephemeral) {
    auto made = TemporaryDirectory::make();
    if (!made) return fail(made.error());
    temporary.emplace(std::move(*made));
    options.data_dir = temporary->path() / "data";
  }
  auto daemon = Daemon::make(options);
  if (!daemon) return fail(daemon.error());
  if (const auto started = (*daemon)->start(); !started) return fail(started.error());
  stop_asked.acquire();
  (*daemon)->stop();
  return 0;
}

}  // namespace trainyard::server

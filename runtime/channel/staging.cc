#include "runtime/channel/staging.h"

#include <memory>
#include <set>
#include <system_error>

#include "runtime/artifact/tar_writer.h"
#include "runtime/channel/config_files.h"
#include "runtime/channel/host_tree.h"
#include "runtime/channel/opt_ml.h"
#include "runtime/channel/volume_target.h"

namespace trainyard {
namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> of_channel(const std::string& name, Error error) {
  error.message = fmt::format("channel \"{}\": {}", name, error.message);
  return failure(std::move(error));
}

// A channel "a" has its manifest at "a-manifest", where another channel could want its directory.
Result<void> check_manifest_names(const std::vector<InputTree::Channel>& channels) {
  std::set<std::string> names;
  for (const auto& channel : channels) names.insert(channel.source.name);
  for (const auto& channel : channels) {
    const std::string manifest = channel.source.name + "-manifest";
    if (channel.source.kind == ChannelSource::Kind::objects && names.contains(manifest)) {
      return failure(ErrorKind::invalid_argument,
                     fmt::format("the channel \"{}\" lies where the manifest of the channel \"{}\" "
                                 "has to be; rename one of them",
                                 manifest, channel.source.name));
    }
  }
  return {};
}

}  // namespace

std::vector<VolumeMount> standard_mounts(const Labels& labels) {
  std::vector<VolumeMount> mounts;
  for (const char* target : {opt_ml::input, opt_ml::model, opt_ml::output}) {
    mounts.push_back({target, "", labels, {}});
  }
  return mounts;
}

bool runs_as_root(const ImageInfo& image) {
  const std::string user = image.user.substr(0, image.user.find(':'));
  return user.empty() || user == "0" || user == "root";
}

// One call of stage: what it knows, and what it has made so far.
class Stager::Run {
 public:
  Run(Stager& stager, const JobSpec& spec, const ImageInfo& image, const Labels& labels,
      LogLine log, std::stop_token stop)
      : stager_(stager),
        spec_(spec),
        image_(image),
        labels_(labels),
        log_(std::move(log)),
        stop_(std::move(stop)) {}

  Result<StagedInput> stage() {
    TRY_VOID(stager_.clean(spec_.name));
    auto input = std::make_shared<InputTree>();
    input->config = config_files(spec_);
    input->time = to_milliseconds(stager_.clock_.now()) / 1000;
    for (const auto& channel : spec_.channels) {
      auto source = resolve_source(channel, stager_.store_, stager_.roots_, stop_);
      if (!source) return of_channel(channel.name, std::move(source).error());
      input->channels.push_back({std::move(*source), true});
    }
    TRY_VOID(check_manifest_names(input->channels));

    staged_.mounts = standard_mounts(labels_);
    for (auto& channel : input->channels) {
      auto placed = place(channel);
      if (!placed) return of_channel(channel.source.name, std::move(placed).error());
      methods_.emplace_back(channel.source.name, to_string(*placed));
    }
    TRY_VOID(make_layers());
    staged_.write = [input, &store = stager_.store_, log = log_, stop = stop_](TreeTarget& target) {
      return write_input_tree(*input, store, target, log, stop);
    };
    staged_.method = summary();
    return std::move(staged_);
  }

  void undo() {
    if (upper_) (void)stager_.engine_.remove_volume(upper_->name);
    (void)stager_.clean(spec_.name);
  }

 private:
  struct Choice {
    StagingMethod method = StagingMethod::volume;
    std::string lower;  // a source directory that can be the lower layer as it is
  };

  // Decides how a channel is laid out and prepares it; returns what it was in the end.
  Result<StagingMethod> place(InputTree::Channel& channel) {
    TRY(const Choice choice, choose(channel.source));
    if (choice.method == StagingMethod::volume) return StagingMethod::volume;
    channel.with_data = false;
    if (!choice.lower.empty()) {
      TRY_VOID(add_overlay(channel.source.name, choice.lower));
      return StagingMethod::overlay;
    }
    const fs::path directory = stager_.scratch_ / spec_.name / channel.source.name;
    std::error_code code;
    fs::create_directories(directory.parent_path(), code);
    if (code) return failure(system_error(code.value(), directory.parent_path().string()));
    TRY(const HostTreeResult built,
        build_host_tree(channel.source, stager_.store_, directory,
                        placement_of(channel.source, choice.method), log_, stop_));
    TRY_VOID(add_overlay(channel.source.name, directory));
    return built.copied ? StagingMethod::copy : StagingMethod::overlay;
  }

  Result<Choice> choose(const ChannelSource& source) {
    const StagingMethod wanted = stager_.method_;
    const bool automatic = wanted == StagingMethod::automatic;
    if (wanted == StagingMethod::volume) return Choice{};
    if (automatic) {
      TRY(const bool small, is_within(source, small_bytes, small_files));
      if (small) return Choice{};
    }
    TRY(const Sharing sharing, stager_.probe_.probe(image_.id, labels_, stop_));
    if (!sharing.shared) {
      if (automatic) return Choice{};
      return failure(ErrorKind::unsupported,
                     fmt::format("staging by {} is not possible here: {}; use --staging volume or "
                                 "auto",
                                 to_string(wanted), sharing.reason));
    }
    Choice choice{wanted == StagingMethod::copy ? wanted : StagingMethod::overlay, ""};
    if (choice.method == StagingMethod::overlay && source.kind == ChannelSource::Kind::directory &&
        runs_as_root(image_)) {
      TRY(const auto fault, stager_.probe_.fault_of(source.path, image_.id, labels_, stop_));
      if (!fault) choice.lower = source.path;
    }
    return choice;
  }

  // A source outside of the store must keep its modes, so images that are not root get a copy.
  Placement placement_of(const ChannelSource& source, StagingMethod method) const {
    if (method == StagingMethod::copy) return Placement::copy;
    if (source.kind != ChannelSource::Kind::objects && !runs_as_root(image_)) {
      return Placement::copy;
    }
    // The store's files are ours to place: where the overlay was asked for, a data directory that
    // does not allow hard links is worth an error. A file of the user lies where it lies.
    const bool required = stager_.method_ == StagingMethod::overlay;
    return required && source.kind == ChannelSource::Kind::objects ? Placement::link
                                                                   : Placement::link_or_copy;
  }

  Result<void> add_overlay(const std::string& channel, const std::string& lower) {
    if (!upper_) {
      TRY(upper_,
          create_upper_volume(stager_.engine_,
                              unique_engine_name(fmt::format("{}-layers", spec_.name)), labels_));
      staged_.volumes.push_back(upper_->name);
    }
    TRY(auto mount, overlay_mount(opt_ml::channel(channel), lower, *upper_, channel, labels_));
    staged_.mounts.push_back(std::move(mount));
    layers_.push_back(channel);
    return {};
  }

  Result<void> make_layers() {
    if (!upper_) return {};
    TRY(const Sharing sharing, stager_.probe_.probe(image_.id, labels_, stop_));
    return make_upper_layers(stager_.engine_, *upper_, layers_, sharing.access, image_.id, labels_,
                             stop_);
  }

  std::string summary() const {
    std::set<std::string> different;
    std::string text;
    for (const auto& [channel, method] : methods_) {
      different.insert(method);
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", channel, method);
    }
    if (different.empty()) return std::string(to_string(StagingMethod::volume));
    return different.size() == 1 ? *different.begin() : text;
  }

  Stager& stager_;
  const JobSpec& spec_;
  const ImageInfo& image_;
  const Labels& labels_;
  LogLine log_;
  std::stop_token stop_;
  StagedInput staged_;
  std::optional<UpperVolume> upper_;
  std::vector<std::string> layers_;
  std::vector<std::pair<std::string, std::string>> methods_;
};

Stager::Stager(ContainerEngine& engine, ObjectStore& store, const FileRoots& roots, Clock& clock,
               fs::path scratch, StagingMethod method)
    : engine_(engine),
      store_(store),
      roots_(roots),
      clock_(clock),
      scratch_(std::move(scratch)),
      method_(method),
      probe_(engine, clock, scratch_) {
}

Result<StagedInput> Stager::stage(const JobSpec& spec, const ImageInfo& image, const Labels& labels,
                                  LogLine log, std::stop_token stop) {
  Run run(*this, spec, image, labels, std::move(log), std::move(stop));
  auto staged = run.stage();
  if (!staged) run.undo();
  return staged;
}

Result<void> Stager::sweep(const std::function<bool(const std::string&)>& may_remove) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(scratch_, code), end; !code && entry != end;
       entry.increment(code)) {
    names.push_back(entry->path().filename().string());
  }
  if (code) return failure(system_error(code.value(), scratch_.string()));
  Result<void> swept;
  for (const std::string& name : names) {
    // No job's name begins with a dot.
    if (!name.starts_with('.') && may_remove(name)) keep_first_error(swept, clean(name));
  }
  return swept;
}

Result<void> Stager::fill(const std::string& container, const StagedInput& staged,
                          std::stop_token stop) {
  TRY(const ContainerState state, engine_.inspect_container(container));
  const auto targets = VolumeTarget::targets_below({opt_ml::input, opt_ml::model, opt_ml::output},
                                                   state.mountpoints, staged.mounts);
  if (auto volumes = VolumeTarget::open(state.mountpoints, targets)) {
    auto written = staged.write(*volumes);
    // Where the image has files of its own in the way, the archive API can overwrite them.
    if (written || !volumes->obstructed()) return written;
  }
  const auto archive = [&](ByteSink& sink) {
    TarWriter tar(sink);
    return staged.write(tar);
  };
  return engine_.put_archive(container, "/", archive, stop);
}

Result<void> Stager::clean(const std::string& job_name) {
  if (job_name.empty() || job_name == "." || job_name == ".." ||
      job_name.find('/') != std::string::npos) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("\"{}\" is no name of a job", printable(job_name)));
  }
  const fs::path directory = scratch_ / job_name;
  std::error_code code;
  fs::remove_all(directory, code);
  if (code) return failure(system_error(code.value(), directory.string()));
  return {};
}

}  // namespace trainyard

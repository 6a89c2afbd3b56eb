# shellcheck shell=bash disable=SC2034
# What compose/demo, compose/images/build, tests/run and .ci/run share: which packages the project
# needs, how it is built, and that a Docker Engine answers. Sourced, never run.

set -Eeuo pipefail
trap 'echo "error: stopped in ${BASH_SOURCE[0]}, line $LINENO: $BASH_COMMAND" >&2' ERR

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_directory=$project_root/build/logs

# Debian 12 has everything below. Later systems have other versions of Boost, of which one can be
# installed at a time, and some have no AWS CLI among their packages.
build_packages=(
  ca-certificates g++ cmake ninja-build ccache mold pkg-config
  'libboost1.81-dev|libboost1.83-dev|libboost1.88-dev|libboost-dev' nlohmann-json3-dev libpugixml-dev
  libarchive-dev zlib1g-dev libsqlite3-dev libssl-dev libspdlog-dev libfmt-dev
  libexpected-dev libpcre2-dev libcli11-dev libtomlplusplus-dev libyaml-cpp-dev doctest-dev
)
case $(uname -m) in
  x86_64 | aarch64) build_packages+=(libisal-dev) ;;
esac
image_packages=(debootstrap busybox-static)
demo_packages=(python3 python3-boto3)
lint_packages=(clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev llvm-19)
test_packages=(
  'awscli|' iptables docker-compose docker-registry apache2-utils pigz strace python3-venv libbenchmark-dev
)

if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

say() { printf '%s==> [%3ds] %s%s\n' "$bold" "$SECONDS" "$*" "$plain"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf '%serror:%s %s\n' "$bold" "$plain" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

# start_logged NAME COMMAND…: runs it beside the script, with its output in build/logs/NAME.log. An
# interrupt ends it too, which the shell would have it ignore, and the script ends after it.
declare -A logged=()
start_logged() {
  local name=$1
  shift
  mkdir -p "$log_directory"
  trap 'wait; exit 130' INT
  {
    trap - INT
    "$@"
  } >"$log_directory/$name.log" 2>&1 </dev/null &
  logged[$name]=$!
}

# await_logged NAME: every ten seconds one line says how far it is, and when the command fails the end
# of its output is shown.
await_logged() {
  local name=$1 log=$log_directory/$1.log started=$SECONDS waited=0 command=${logged[$1]} status=0
  while kill -0 "$command" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if [ $((waited % 50)) = 0 ]; then
      note "$name, $((SECONDS - started)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c -120)"
    fi
  done
  wait "$command" || status=$?
  if [ "$status" != 0 ]; then
    note "failed with status $status; the end of $log:"
    tail -n "${failure_lines:-80}" "$log" | sed 's/^/    | /'
  fi
  unset "logged[$name]"
  return "$status"
}

run_logged() {
  start_logged "$@"
  await_logged "$1"
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The packages in the way that apt spells alternatives, "one|other": what one of them stands for is
# there, whichever it is. A last "|" says that it can be done without.
is_provided() {
  local name
  for name in ${1//|/ }; do
    if is_installed "$name"; then return; fi
  done
  return 1
}
choose_package() {
  local name
  for name in ${1//|/ }; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  case $1 in *'|') note "no package ${1%|}: what needs it is left out" >&2 ;; *) echo "${1%%|*}" ;; esac
}

# ensure_packages NAME…: installs those that are missing. Root is asked for only then, and the
# package lists are fetched at most once in a run, also across scripts that call each other.
ensure_packages() {
  local name missing=() chosen=()
  if ! command -v dpkg-query >/dev/null; then
    note "not a Debian system; this is expected to be there: $*"
    return
  fi
  for name in "$@"; do is_provided "$name" || missing+=("$name"); done
  [ ${#missing[@]} = 0 ] && return
  say "installing packages: ${missing[*]}"
  if [ -z "${TRAINYARD_APT_UPDATED-}" ]; then
    run_logged apt-update as_root apt-get update -q || die "the package lists could not be fetched"
    export TRAINYARD_APT_UPDATED=1
  fi
  mapfile -t chosen < <(for name in "${missing[@]}"; do choose_package "$name"; done)
  [ ${#chosen[@]} != 0 ] || return 0
  run_logged apt-install as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${chosen[@]}" ||
    die "not every package could be installed: ${chosen[*]}"
}

engine_answers() { timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Starts Debian's Engine in the way this machine starts services; without any, as a plain process.
start_engine() {
  local seconds
  if [ -d /run/systemd/system ]; then
    as_root systemctl start docker || true
  elif [ -x /etc/init.d/docker ]; then
    as_root service docker start >/dev/null || true
  fi
  for seconds in 1 2 3 4 5; do
    engine_answers && return
    sleep 1
  done
  as_root sh -c 'setsid dockerd </dev/null >/var/log/dockerd.log 2>&1 &'
  for seconds in $(seq 30); do
    engine_answers && return
    sleep 1
  done
  note "no answer $seconds s after the start"
}

# A Docker Engine that answers, or a clear end. One that is given by DOCKER_HOST is left alone.
ensure_engine() {
  command -v docker >/dev/null || ensure_packages docker.io
  if ! engine_answers; then
    if [ -n "${DOCKER_HOST-}" ]; then
      die "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST"
    elif [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
      die "you may not use the Docker Engine: run 'sudo usermod -aG docker $(id -un)' and log in again"
    fi
    command -v dockerd >/dev/null || ensure_packages docker.io
    say "starting the Docker Engine"
    start_engine
  fi
  engine_answers || die "no Docker Engine answers; see 'docker version' and /var/log/dockerd.log"
  say "Docker Engine $(docker version --format '{{.Server.Version}}') answers"
}

# build_preset PRESET [CMAKE-OPTION…]: configures and builds everything of one preset. Several files
# are compiled as one, which takes a third of the time; whoever edits and builds again and again is
# better off with TRAINYARD_UNITY=OFF.
build_preset() {
  local preset=$1
  shift
  say "building preset $preset"
  cd "$project_root"
  run_logged "configure-$preset" cmake --preset "$preset" "-DCMAKE_UNITY_BUILD=${TRAINYARD_UNITY:-ON}" "$@" || return 1
  run_logged "build-$preset" cmake --build --preset "$preset" -j "$(nproc)" || return 1
}

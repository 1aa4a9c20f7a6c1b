#!/bin/sh
# setup.sh GROUP…: installs what the groups need and the machine lacks.
#
# Groups: run (build and serve), test, check, bench. Debian 12 and 13; a package
# is left alone when the command it is for is there already from elsewhere. Says
# what it installs and why; asks once on a terminal, and never without one.
set -eu
cd "$(dirname "$0")/.."

# group, package, command that makes it unnecessary (- if none), what it is for
packages='
run   gcc                       cc         the C compiler
run   libc6-dev                 -          the C library
run   meson                     meson      the build
run   ninja-build               ninja      the build
run   pkgconf                   pkg-config finds libraries for the build
run   python3                   python3    the code generators
run   libmicrohttpd-dev         -          HTTP server
run   libjansson-dev            -          JSON parser
run   libsqlite3-dev            -          SQLite
run   libpq-dev                 -          PostgreSQL client
run   libhiredis-dev            -          Redis client
run   libcurl4-openssl-dev      -          HTTPS and SMTP client
run   libssl-dev                -          TLS and certificates
run   libsodium-dev             -          password hashing, encryption, randomness
run   libjwt-dev                -          signed tokens
run   liboath-dev               -          codes of the second factor
run   libunbound-dev            -          DNS resolver
run   libldns-dev               -          DNS messages
run   libssh-dev                -          how SSH servers let people sign in
run   libpsl-dev                -          which domain a name belongs to
run   publicsuffix              -          the list of public suffixes
run   dns-root-data             -          the trust anchor of DNSSEC
run   libcsv-dev                -          CSV parser
run   libyaml-dev               -          YAML parser
run   libseccomp-dev            -          sandbox of the scanner
run   zlib1g-dev                -          compressed bodies of web servers
run   libxml2-dev               -          HTML parser
run   libpcre2-dev              -          regular expressions of the data files
run   nodejs                    node       pages of /docs and /redoc, from npm
run   npm                       npm        pages of /docs and /redoc, from npm
run   ca-certificates           -          the trusted certificate authorities
run   tzdata                    -          the time zones of schedules
test  libcmocka-dev             -          unit tests
test  python3-pytest            -          API tests
test  python3-requests          -          API tests
test  python3-jsonschema        -          replies against the contract
test  python3-hypothesis        -          bad inputs made from the contract
test  python3-aiosmtpd          -          the mail server of the tests
test  python3-cryptography      -          certificates of the test peers
test  postgresql                -          the second database
test  redis-server              redis-server the shared counters, and a peer to scan
test  nginx-light               nginx      a peer to scan
test  openssh-server            sshd       a peer to scan
test  bind9                     named      name servers to scan
test  bind9-utils               dnssec-signzone signed zones to scan
test  bind9-dnsutils            delv       DNSSEC to compare with
test  unbound                   unbound    the resolver of the tests
test  unbound-host              unbound-host DNSSEC to compare with
test  ldnsutils                 drill      DNSSEC to compare with
test  iproute2                  ip         addresses of the test network
test  openssl                   openssl    a peer to scan
test  samba                     smbd       a peer to scan
test  xrdp                      xrdp       a peer to scan
test  proftpd-core              proftpd    a peer to scan
test  mariadb-server            mariadbd   a peer to scan
test  slapd                     slapd      a peer to scan
test  dovecot-imapd             dovecot    a peer to scan
test  dovecot-pop3d             -          a peer to scan
test  memcached                 memcached  a peer to scan
test  rsync                     rsync      a peer to scan
test  ssh-audit                 ssh-audit  SSH algorithms to compare with
test  nmap                      nmap       open ports to compare with
test  sslscan                   sslscan    TLS versions to compare with
test  default-jdk-headless      java       a peer to scan, from SSLv3 to TLS 1.3
test  gnutls-bin                gnutls-serv a peer to scan
test  postfix                   postfix    a peer to scan
test  proftpd-mod-crypto        -          its TLS
test  chromium                  chromium   the pages of /docs and /redoc in a browser
test  libxml2-utils             xmllint    JUnit reports
test  cmark-gfm                 cmark-gfm  Markdown reports
test  curl                      curl       the commands of the README
check clang                     clang      fuzzers
check clang-tidy                clang-tidy static analysis
check clang-format              clang-format the format of the code
bench wrk                       wrk        load
bench nmap                      nmap       the sweep to compare with
'

installed() {
	test "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed
}

# The rows of the wanted groups that the machine lacks.
missing() {
	echo "$packages" | while read -r group package command why; do
		case " $groups " in *" $group "*) ;; *) continue ;; esac
		test -n "$package" || continue
		PATH="$PATH:/usr/sbin" command -v "$command" >/dev/null 2>&1 &&
			test "$command" != - && continue
		installed "$package" || echo "$package $why"
	done | sort -u -k1,1
}

stop() {
	echo "setup: $*" >&2
	exit 1
}

# Servers come as test peers only: keep Debian from starting them.
quiet_services() {
	$sudo test -e /usr/sbin/policy-rc.d && return
	trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
	trap 'exit 130' INT TERM
	printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
	$sudo chmod 755 /usr/sbin/policy-rc.d
}

apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || {
		cat "$log" >&2
		stop "apt-get failed"
	}
}

install_packages() {
	list=$(missing)
	test -n "$list" || return 0
	echo "setup: to be installed with apt-get:"
	echo "$list" | while read -r package why; do
		printf '  %-24s %s\n' "$package" "$why"
	done
	names=$(echo "$list" | cut -d' ' -f1 | tr '\n' ' ')
	command -v apt-get >/dev/null || stop "this is not Debian: install these by hand"

	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			stop "neither root nor sudo. As root: apt-get install $names"
		sudo=sudo
		[ -t 0 ] || sudo="sudo -n"
	fi
	if [ -t 0 ]; then
		printf 'Install them? [Y/n] '
		read -r answer
		case $answer in [nN]*) stop "nothing was installed" ;; esac
	fi
	log=$(mktemp)
	quiet_services
	apt update
	# shellcheck disable=SC2086 # a list of words
	apt install -y --no-install-recommends $names
	rm -f "$log"
}

# node_modules remembers what it was made for; the tests need a linter more.
install_npm() {
	what="$1 $(cksum <web/package-lock.json)"
	stamp=web/node_modules/.made-for
	case $(cat $stamp 2>/dev/null) in "$what" | "test ${what#* }") return ;; esac
	node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ||
		stop "node $(node --version) is too old: 18 or newer is needed"
	echo "setup: npm packages of web/package.json"
	omit=
	[ "$1" = test ] || omit=--omit=dev
	# Nothing of ours needs what packages want to run when they come.
	(cd web && npm ci $omit --ignore-scripts --no-audit --no-fund --loglevel=error)
	echo "$what" >$stamp
}

groups=$*
install_packages
case " $groups " in
*" test "*) install_npm test ;;
*" run "*) install_npm run ;;
esac

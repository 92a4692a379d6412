"""A real WordPress with the plugin in it, for one test run."""

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.wordpress import database, releases
from tests.wordpress.processes import Processes, free_port, wait_for_port

PHP = Path(__file__).parent / "php"
REPOSITORY = Path(__file__).parents[2]
PLUGIN = REPOSITORY / "wordpress-plugin" / "konsulto-widgets"
PLUGIN_FILE = "konsulto-widgets/konsulto-widgets.php"
PHP_COMMAND = ["php", "-d", "memory_limit=512M"]
CONFIG = """<?php
{database}
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $konsulto_test_name ) {{
	define( $konsulto_test_name . '_KEY', 'test key' );
	define( $konsulto_test_name . '_SALT', 'test salt' );
}}
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '{folder}/debug.log' );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost' );
define( 'FS_METHOD', 'direct' );
$table_prefix = 'wp_';
defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
"""
NETWORK_CONFIG = """
define( 'MULTISITE', true ); define( 'SUBDOMAIN_INSTALL', false ); define( 'DOMAIN_CURRENT_SITE', '{host}' );
define( 'PATH_CURRENT_SITE', '/' ); define( 'SITE_ID_CURRENT_SITE', 1 ); define( 'BLOG_ID_CURRENT_SITE', 1 );
"""
MAKE_NETWORK = """
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/network.php';
foreach ( $GLOBALS['wpdb']->tables( 'ms_global' ) as $table => $prefixed ) {
	$GLOBALS['wpdb']->$table = $prefixed;
}
install_network();
return populate_network( 1, $given['host'], 'admin@example.org', 'Test clinics', '/', false );
"""
ADD_SECOND_SITE = """
$site = wp_insert_site( array( 'domain' => $given['host'], 'path' => '/second/', 'user_id' => 1 ) );
return is_wp_error( $site ) ? $site->get_error_message() : activate_plugin( $given['plugin'], '', true );
"""
SIGN_IN = """
$user    = get_user_by( 'login', $given['role'] )->ID;
$expires = time() + DAY_IN_SECONDS;
$token   = WP_Session_Tokens::get_instance( $user )->create( $expires );
return array(
	array( AUTH_COOKIE, wp_generate_auth_cookie( $user, $expires, 'auth', $token ) ),
	array( LOGGED_IN_COOKIE, wp_generate_auth_cookie( $user, $expires, 'logged_in', $token ) ),
);
"""


class Site:
    """A throw-away WordPress with a user of each role, named like it; the administrator is called admin."""

    def __init__(self, release: releases.Release, folder: Path) -> None:
        self.release, self.folder = release, folder
        self.processes = Processes(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.root = folder / "tree/usr/share/wordpress"
        self.version = ""
        self.signed_in: dict[str, list[list[str]]] = {}

    def install(self) -> None:
        """Set up WordPress and turn the plugin on."""
        self._copy_wordpress()
        self._install_plugin()
        lines = database.prepare(self.release.database, self.folder, self.root, self.processes)
        (self.root / "wp-config.php").write_text(CONFIG.format(database=lines, folder=self.folder))
        self.version = json.loads(self._php(PHP / "install.php", self.root, self.url, PLUGIN_FILE))["version"]

    def become_network(self) -> None:
        """Turn the site into a network of two sites, with the plugin on in both."""
        host = f"127.0.0.1:{self.port}"
        assert self.php(MAKE_NETWORK, host=host) is True
        config = self.root / "wp-config.php"
        config.write_text(
            config.read_text().replace("$table_prefix", NETWORK_CONFIG.format(host=host) + "$table_prefix")
        )
        assert self.php(ADD_SECOND_SITE, host=host, plugin=PLUGIN_FILE) is None

    def serve(self) -> None:
        """Answer browsers."""
        address, script = f"127.0.0.1:{self.port}", PHP / "router.php"
        caching = ["-d", "opcache.enable=1", "-d", "opcache.enable_cli=1"]
        self.processes.start(
            *PHP_COMMAND, *caching, "-S", address, "-t", self.root, script, PHP_CLI_SERVER_WORKERS="4"
        )  # fmt: skip
        wait_for_port(self.port)

    def php(self, code: str, **values: Any) -> Any:
        """Run PHP inside WordPress, with `$given` holding the values, and return what it returns."""
        return json.loads(self._php(PHP / "run.php", self.root, self.url, json.dumps(values), code))["result"]

    def save(self, **settings: Any) -> None:
        """Replace the plugin's settings."""
        self.php("delete_option( 'konsulto_widgets' ); update_option( 'konsulto_widgets', $given );", **settings)

    def cookies(self, role: str) -> list[list[str]]:
        """Names and values of the cookies that the user of a role has after signing in."""
        if role not in self.signed_in:
            self.signed_in[role] = self.php(SIGN_IN, role=role)
        return self.signed_in[role]

    def page(self, content: str, **fields: Any) -> str:
        """Publish a page and return its address."""
        post = {"post_type": "page", "post_status": "publish", "post_title": "A page", "post_content": content} | fields
        return str(self.php("return get_permalink( wp_insert_post( wp_slash( $given ) ) );", **post))

    def get(self, address: str) -> str:
        """What an anonymous visitor is sent."""
        with urllib.request.urlopen(address, timeout=30) as response:
            return str(response.read().decode())

    def complaints(self) -> list[str]:
        """Lines of PHP's log that name the plugin."""
        log = self.folder / "debug.log"
        return [line for line in log.read_text().splitlines() if "konsulto-widgets" in line] if log.exists() else []

    def _php(self, script: Path, *arguments: str | Path) -> str:
        command = [*PHP_COMMAND, str(script), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"{script.name} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout.strip().splitlines()[-1]

    def _copy_wordpress(self) -> None:
        tree = self.folder / "tree"
        copy = ["cp", "-a", str(releases.wordpress(self.release)), str(tree)]
        # Hard links cost nothing; they need the cache on the same disk.
        if subprocess.run([*copy, "--link"], capture_output=True, check=False).returncode:
            shutil.rmtree(tree, ignore_errors=True)
            subprocess.run(copy, check=True)
        (self.root / "wp-config.php").unlink(missing_ok=True)
        shutil.rmtree(self.root / "wp-content/plugins/akismet", ignore_errors=True)
        for theme in (self.root / "wp-content/themes").iterdir():
            if theme.is_symlink():
                theme.unlink()

    def _install_plugin(self) -> None:
        content = self.root / "wp-content"
        subprocess.run(
            [sys.executable, REPOSITORY / "wordpress-plugin/build_zip.py", self.folder],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (package,) = self.folder.glob("*.zip")
        shutil.unpack_archive(package, content / "plugins")
        (content / "mu-plugins").mkdir(exist_ok=True)
        shutil.copy(PHP / "offline.php", content / "mu-plugins/offline.php")
        (content / "languages").mkdir(exist_ok=True)


@contextmanager
def throwaway_site(release: releases.Release) -> Iterator[Site]:
    """An installed site; its folder has a short name because a database's socket must."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="konsulto-wp-"))
    site = Site(release, folder)
    try:
        site.install()
        print(f"WordPress {site.version} ({release.suite}, {release.database})", file=sys.stderr)
        yield site
    finally:
        site.processes.stop()
        shutil.rmtree(folder, ignore_errors=True)

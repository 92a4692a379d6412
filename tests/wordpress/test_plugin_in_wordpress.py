"""The plugin inside a real WordPress, without a browser: its PHPUnit tests, its pages as text, its removal."""

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.wordpress.conftest import started
from tests.wordpress.fake_server import FakeServer
from tests.wordpress.releases import CURRENT
from tests.wordpress.throwaway_site import PHP, PLUGIN_FILE, Site

pytestmark = [pytest.mark.wordpress, pytest.mark.timeout(300)]
SHORTCODE = '[konsulto widget="chat-3"]'


def test_the_phpunit_tests_pass(site: Site):
    done = subprocess.run(
        ["phpunit", "--no-configuration", "--do-not-cache-result", "--fail-on-warning", "--order-by=random",
         f"--bootstrap={PHP / 'phpunit_bootstrap.php'}", PHP / "tests"],
        env=os.environ | {"KONSULTO_SITE": str(site.root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"OK \((\d+) tests", done.stdout)
    assert counted and int(counted[1]) > 100, done.stdout


def test_activating_and_visiting_asks_nobody_before_all_is_saved(site: Site, konsulto: FakeServer):
    site.save(**konsulto.connection.settings() | {"api_key": ""}, everywhere="chat-3")
    site.php("deactivate_plugins( $given['plugin'] ); return activate_plugin( $given['plugin'] );", plugin=PLUGIN_FILE)
    assert "embed.js" not in site.get(site.page(SHORTCODE))
    assert konsulto.asked == []


def test_visitors_pages_come_without_asking_the_server(connected: Site, konsulto: FakeServer):
    page = connected.get(connected.page(SHORTCODE))
    assert f'src="{konsulto.server}/embed.js"' in page
    assert 'data-widget="chat-3"' in page
    assert konsulto.asked == []


def test_the_floating_widget_keeps_to_its_rules(connected: Site, konsulto: FakeServer):
    chosen, other = connected.page("One"), connected.page("Two")
    connected.save(**konsulto.connection.settings(), everywhere="chat-3", only_on=[chosen.removeprefix(connected.url)])
    assert 'data-display="floating"' in connected.get(chosen)
    assert "embed.js" not in connected.get(other)


@pytest.fixture(scope="module")
def network() -> Iterator[Site]:
    """A network of two sites, of its own: these tests remove the plugin."""
    for network in started(CURRENT):
        network.become_network()
        yield network


LEFT = """
$left = array();
foreach ( get_sites( array( 'fields' => 'ids' ) ) as $id ) {
	switch_to_blog( $id );
	$names  = $GLOBALS['wpdb']->get_col( "select option_name from {$GLOBALS['wpdb']->options}" );
	$left[] = count( preg_grep( '/konsulto/', $names ) );
	restore_current_blog();
}
return $left;
"""
FILL = """
foreach ( get_sites( array( 'fields' => 'ids' ) ) as $id ) {
	switch_to_blog( $id );
	update_option( 'konsulto_widgets', array( 'api_key' => 'x' ) );
	update_option( 'widget_konsulto_widget', array() );
	set_transient( 'konsulto_widgets_list', array(), 60 );
	restore_current_blog();
}
"""


def test_removing_the_plugin_leaves_nothing_on_any_site_of_a_network(network: Site):
    network.php(FILL)
    assert all(count >= 4 for count in network.php(LEFT))
    removed = network.php(
        "deactivate_plugins( $given['plugin'] ); return delete_plugins( array( $given['plugin'] ) );",
        plugin=PLUGIN_FILE,
    )
    assert removed is True
    assert network.php(LEFT) == [0, 0]


def test_a_site_of_a_network_may_not_reach_inside_the_operators_own_network(network: Site, konsulto: FakeServer):
    code = """
    if ( ! defined( 'Konsulto\\\\Widgets\\\\VERSION' ) ) { require $given['plugin']; }
    update_option( 'konsulto_widgets', $given['settings'] );
    return \\Konsulto\\Widgets\\fresh_widgets()->get_error_code();
    """
    plugin = str(PHP.parents[2] / "wordpress-plugin" / PLUGIN_FILE)
    assert network.php(code, settings=konsulto.connection.settings(), plugin=plugin) == "konsulto_unreachable"
    assert konsulto.asked == []

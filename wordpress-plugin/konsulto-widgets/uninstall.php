<?php
/**
 * Removes what the plugin stored, on every site of a network too.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/** Removes what one site stored. */
function uninstall_site(): void {
	delete_option( 'konsulto_widgets' );
	delete_option( 'widget_konsulto_widget' );
	delete_transient( 'konsulto_widgets_list' );
}

/** Goes through the sites of a network, a hundred at a time. */
function uninstall_network(): void {
	for ( $seen = 0; ; $seen += 100 ) {
		$sites = get_sites(
			array(
				'fields' => 'ids',
				'number' => 100,
				'offset' => $seen,
			)
		);
		if ( array() === $sites ) {
			return;
		}
		array_map( __NAMESPACE__ . '\\uninstall_one_of', $sites );
	}
}

/** Removes what one site of a network stored. */
function uninstall_one_of( int $site ): void {
	switch_to_blog( $site );
	uninstall_site();
	restore_current_blog();
}

is_multisite() ? uninstall_network() : uninstall_site();

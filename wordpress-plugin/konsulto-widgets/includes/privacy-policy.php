<?php
/**
 * Text that WordPress suggests for the site's privacy policy.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** Hands the text to the privacy policy guide. */
function suggest_privacy_policy(): void {
	wp_add_privacy_policy_content( __( 'Konsulto Widgets', 'konsulto-widgets' ), wpautop( wp_kses_post( implode( "\n\n", privacy_policy() ) ) ) );
}

/** The paragraphs. */
function privacy_policy(): array {
	return array(
		/* translators: %s: name of the server's computer, for example care.example.org. */
		sprintf( __( 'Some pages of this site offer a walk-in, booking or chat service that comes from %s. When you open such a page, your browser connects to that server and so tells it your IP address, your browser and the address of our site.', 'konsulto-widgets' ), '' === server_name() ? __( 'our Konsulto server', 'konsulto-widgets' ) : server_name() ),
		asked_first_or_not(),
		__( 'What you enter there goes directly to that server and is not stored on this website. The privacy statement of the service says who handles it and how long it is kept.', 'konsulto-widgets' ),
	);
}

/** What happens before the visitor acts. */
function asked_first_or_not(): string {
	return setting( 'ask_first' )
		? __( 'We ask you first: nothing is loaded from that server before you press the button.', 'konsulto-widgets' )
		: __( 'This part of our site sets no cookies of its own on this website.', 'konsulto-widgets' );
}

add_action( 'admin_init', __NAMESPACE__ . '\\suggest_privacy_policy' );

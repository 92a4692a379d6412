/**
 * Copies a shortcode and says so on the button and to screen readers.
 */
( function () {
	'use strict';

	const copying = new window.ClipboardJS( '.konsulto__copy' );

	copying.on( 'success', ( { trigger } ) => {
		const before = trigger.dataset.copy || trigger.textContent;
		trigger.dataset.copy = before;
		trigger.textContent = trigger.dataset.copied;
		window.wp.a11y.speak( trigger.dataset.copied );
		window.setTimeout( () => {
			trigger.textContent = before;
		}, 2000 );
	} );
} )();

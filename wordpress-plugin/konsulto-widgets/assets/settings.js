/**
 * Copies a shortcode and says so, on the button until it loses the focus, and to screen readers.
 */
( function () {
	'use strict';

	const copying = new window.ClipboardJS( '.konsulto__copy' );

	function say( button, text ) {
		const before = button.textContent;
		button.textContent = text;
		button.addEventListener( 'blur', () => {
			button.textContent = before;
		}, { once: true } );
		window.wp.a11y.speak( text );
	}

	copying.on( 'success', ( event ) => {
		const button = event.trigger;
		event.clearSelection(); // Gives the focus back to the button.
		if ( button.textContent !== button.dataset.copied ) {
			say( button, button.dataset.copied );
		}
	} );
} )();

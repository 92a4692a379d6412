<?php
/**
 * Plugin Name:       Konsulto Widgets
 * Description:       Places the walk-in, booking and chat widgets of your Konsulto server on your site, as a block, shortcode or widget.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            Konsulto
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       konsulto-widgets
 * Domain Path:       /languages
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.1.0';
const PLUGIN  = __FILE__;

require __DIR__ . '/includes/languages.php';
require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/sanitize.php';
require __DIR__ . '/includes/server.php';
require __DIR__ . '/includes/errors.php';
require __DIR__ . '/includes/embed.php';
require __DIR__ . '/includes/ask-first.php';
require __DIR__ . '/includes/shortcode.php';
require __DIR__ . '/includes/block.php';
require __DIR__ . '/includes/choices.php';
require __DIR__ . '/includes/class-classic-widget.php';
require __DIR__ . '/includes/everywhere.php';
require __DIR__ . '/includes/rest.php';
require __DIR__ . '/includes/settings-page.php';
require __DIR__ . '/includes/privacy-policy.php';
require __DIR__ . '/includes/site-health.php';

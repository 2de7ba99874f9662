/** The lab in the browser: a request becomes a command, and a record becomes a page. */
@NullMarked
package ringside.web;

import org.jspecify.annotations.NullMarked;

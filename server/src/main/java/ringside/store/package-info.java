/** What is kept of labs when they are not open, and after the server has ended: an embedded database. */
@NullMarked
package ringside.store;

import org.jspecify.annotations.NullMarked;

/** The command line: each subcommand turns its options into a session and prints what the session shows. */
@NullMarked
package ringside.cli;

import org.jspecify.annotations.NullMarked;

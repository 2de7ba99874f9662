package ringside.session;

import java.util.Optional;

/**
 * The guest of a mode beside the same guest as it was before it was ported to that mode, line by line.
 *
 * @param mode whose guest it is
 * @param unported the first mode that holds the guest, where it has other code; empty where this mode runs the same as that one
 * @param diff the lines that they do not share: first those that the port has lost, second those that it has instead, with the hypercalls
 *     that they made
 * @param steps for which the port was run to see them
 * @param ended the run came to its end
 */
public record Port(String mode, Optional<String> unported, PortDiff diff, long steps, boolean ended) {}

package ringside.session;

import java.util.Optional;

/** The guest stands at one of some addresses, and was not there already because an instruction repeats. */
final class Standing implements Quarry {
    private final String domain;
    private final long[] addresses;
    private final Sentence reason;

    /** @param domain in which of two domains the addresses lie; empty: in any */
    Standing(String domain, long[] addresses, Sentence reason) {
        this.domain = domain;
        this.addresses = addresses.clone();
        this.reason = reason;
    }

    @Override
    public Optional<long[]> places() {
        return Optional.of(addresses.clone());
    }

    @Override
    public Optional<Sentence> met(Lookout crossed) {
        return holds(crossed.at)
                        && (domain.isEmpty() || crossed.domainNow().equals(domain))
                        && !crossed.isBetweenIterations()
                ? Optional.of(reason)
                : Optional.empty();
    }

    private boolean holds(long at) {
        for (long address : addresses) {
            if (address == at) {
                return true;
            }
        }
        return false;
    }
}

package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.replay.StateHash;

/** A run that is looked at only where something can be met meets the same as one that is looked at at every boundary. */
class SkimTest {
    private static final long MOST_TIME = 2500;

    private static final Guests GUESTS = new Guests();

    static Stream<Arguments> guestsAndModes() {
        return Stream.of(
                        "timer",
                        "popf-hole",
                        "paging",
                        "peldano",
                        "containers",
                        "rings",
                        "self-modifying",
                        "system-calls",
                        "tiny-svm")
                .filter(guest -> GUESTS.names().contains(guest))
                .flatMap(guest -> GUESTS.modes(new GuestChoice.Sample(guest), MachineChoice.DEFAULT).stream()
                        .map(mode -> Arguments.of(guest, mode)));
    }

    private static Lockstep open(String guest, String... modes) {
        var options = GUESTS.options(MachineChoice.DEFAULT);
        var images = GUESTS.images(new GuestChoice.Sample(guest), options.memory());
        return GUESTS.lockstep(images, List.of(modes), options, Typing.NONE);
    }

    private record Met(long time, Sentence why) {}

    /** What is met on the whole way, looked at at every boundary, or only where something can be. */
    private static List<Met> all(Lockstep lockstep, List<Long> addresses, boolean skimming) {
        List<Met> met = new ArrayList<>();
        var lookouts = new Lookouts(lockstep, false, column -> {
            List<Quarry> quarries = new ArrayList<>();
            addresses.forEach(address -> quarries.add(
                    new Standing("", new long[] {address}, Sentence.of("met.address", Scene.hex(address)))));
            quarries.add(Aim.EXIT.in(column));
            quarries.add(Aim.INTERRUPT.in(column));
            return quarries;
        });
        Map<Column, long[]> places = new HashMap<>();
        lockstep.columns()
                .forEach(column -> places.put(
                        column, addresses.stream().mapToLong(Long::longValue).toArray()));
        boolean can = lookouts.skim().isPresent();
        var skim = new Skim(lockstep, places, 4, 0);
        lookouts.post();
        lookouts.arm();
        while (!lockstep.ended() && lockstep.time() < MOST_TIME) {
            if (!(skimming && can && skim.skip(MOST_TIME))) {
                lookouts.forward().ifPresent(why -> met.add(new Met(lockstep.time(), why)));
            }
        }
        lookouts.leave();
        return met;
    }

    /** Some that the guest comes to: often and seldom ones. */
    private static List<Long> addresses(Lockstep lockstep) {
        List<Long> seen = new ArrayList<>();
        var column = lockstep.columns().get(0);
        var lookouts = new Lookouts(lockstep, false, any -> List.of());
        lookouts.post();
        while (!lockstep.ended() && lockstep.time() < MOST_TIME) {
            lockstep.forward();
            long at = lookouts.of(column).at;
            if (!seen.contains(at)) {
                seen.add(at);
            }
        }
        lookouts.leave();
        List<Long> some = new ArrayList<>();
        for (int i = 1; i < seen.size(); i += Math.max(1, seen.size() / 5)) {
            some.add(seen.get(i));
        }
        return some;
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("guestsAndModes")
    void meetsTheSame(String guest, String mode) {
        var addresses = addresses(open(guest, mode));
        var looked = open(guest, mode);
        var skimmed = open(guest, mode);
        assertThat(all(skimmed, addresses, true)).isNotEmpty().isEqualTo(all(looked, addresses, false));
        assertThat(hash(skimmed)).isEqualTo(hash(looked));
        assertThat(all(open(guest, mode), List.of(), true)).isEqualTo(all(open(guest, mode), List.of(), false));
    }

    private static long hash(Lockstep lockstep) {
        return new StateHash(lockstep.columns().get(0).timeline().monitor()).now();
    }

    @Test
    void twoModesSideBySideMeetTheSame() {
        var addresses = addresses(open("popf-hole", "bare"));
        assertThat(all(open("popf-hole", "kvm", "trap-and-emulate"), addresses, true))
                .isNotEmpty()
                .isEqualTo(all(open("popf-hole", "kvm", "trap-and-emulate"), addresses, false));
    }

    @Test
    void whatMayBeMetAnywhereIsNotSkimmed() {
        var lockstep = open("popf-hole", "bare");
        assertThat(lookouts(lockstep, "address start").skim()).isPresent();
        assertThat(lookouts(lockstep, "exit CPUID").skim()).isPresent();
        assertThat(lookouts(open("popf-hole", "binary-translation"), "exit CALLOUT")
                        .skim())
                .isPresent();
        assertThat(lookouts(lockstep, "value ax == 3").skim()).isEmpty();
        assertThat(lookouts(lockstep, "memory start+4 read").skim()).isEmpty();
        assertThat(lookouts(open("popf-hole", "binary-translation"), "address start")
                        .skim())
                .isEmpty();
        assertThat(new Lookouts(lockstep, true, column -> List.of()).skim()).isEmpty();
    }

    private static Lookouts lookouts(Lockstep lockstep, String stop) {
        return new Lookouts(lockstep, false, column -> Watches.of(List.of(Stop.read(1, stop)), column));
    }

    @Test
    void aBreakpointFarAwayIsReachedByWayOfFewLooks() {
        var source = """
                bits 32
                start: mov ecx, 100000
                again: dec ecx
                jnz again
                far: nop
                cli
                hlt
                """;
        var images = GUESTS.images(
                new GuestChoice.Source(source),
                GUESTS.options(MachineChoice.DEFAULT).memory());
        var lockstep = GUESTS.lockstep(images, List.of("bare"), GUESTS.options(MachineChoice.DEFAULT), Typing.NONE);
        var looks = new int[1];
        long far = Objects.requireNonNull(
                lockstep.columns().get(0).source().addresses.get(5));
        var place = new Standing("", new long[] {far}, Sentence.of("met.address", "far"));
        var lookouts = new Lookouts(
                lockstep,
                false,
                column -> List.of(new Quarry() {
                    @Override
                    public Optional<long[]> places() {
                        return place.places();
                    }

                    @Override
                    public Optional<Sentence> met(Lookout crossed) {
                        looks[0]++;
                        return place.met(crossed);
                    }
                }));
        var search = new Search(lockstep, lookouts, Optional.empty());
        assertThat(search.slice(() -> false)).contains(Sentence.of("met.address", "far"));
        assertThat(lockstep.time()).isEqualTo(200_001);
        assertThat(looks[0]).isLessThan(1000);
    }
}

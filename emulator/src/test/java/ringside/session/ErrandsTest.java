package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.replay.Timeline;

/** What takes long is done in slices, and can be given up. */
class ErrandsTest {
    /** Writes through so much memory that no history of it can be kept: all ways back begin at the start. */
    private static final String WRITER = """
            bits 32
            org 0x1000
            start: mov ebx, 0xff000
            again: mov edi, 0x100000
            mov ecx, 0x800000
            rep stosd
            inc eax
            jmp again
            """;

    private static final long FAR = 50_000_000;
    private static final long BACK = 30_000_000;

    private final Guests guests = new Guests();
    private final Slices slices = new Slices();

    /** Runs a slice when it is told to. */
    private static final class Slices implements Executor {
        private final Queue<Runnable> waiting = new ArrayDeque<>();

        @Override
        public void execute(Runnable slice) {
            waiting.add(slice);
        }

        boolean one() {
            var slice = waiting.poll();
            if (slice != null) {
                slice.run();
            }
            return slice != null;
        }

        void all() {
            while (one()) {}
        }
    }

    private Session writerAtFar(String... modes) {
        var recipe = new Recipe(new GuestChoice.Source(WRITER), List.of(modes), 0);
        var session = new Session("test", recipe, guests, slices);
        session.perform(new Command.Run());
        while (session.view().time() < FAR) {
            assertThat(slices.one()).isTrue();
        }
        session.perform(new Command.Pause());
        slices.all();
        assertThat(session.view().running()).isFalse();
        return session;
    }

    @Test
    void aLongWayBackIsGivenUpByPause() {
        var session = writerAtFar("bare");
        var before = session.view();
        session.perform(new Command.Seek(BACK));
        assertThat(session.view().running()).isTrue();
        assertThat(session.view().time()).isLessThan(BACK);
        session.perform(new Command.Pause());
        var after = session.view();
        assertThat(after.running()).isFalse();
        assertThat(after.notice()).contains(Sentence.of("notice.givenup"));
        assertThat(after.modes()).isEqualTo(before.modes());
        slices.all();
        assertThat(session.view().time()).isEqualTo(before.time());
    }

    @Test
    void aLongWayBackThatIsGoneToItsEndLeadsToWhereTheStraightWayLeads() {
        var session = writerAtFar("bare", "vt-x");
        session.perform(new Command.Seek(BACK));
        slices.all();
        var there = session.view();
        assertThat(there.running()).isFalse();
        assertThat(there.time()).isEqualTo(BACK);
        var recipe = new Recipe(new GuestChoice.Source(WRITER), List.of("bare", "vt-x"), BACK);
        var straight = new Session("test", recipe, guests, slices);
        slices.all();
        assertThat(straight.view().modes()).isEqualTo(there.modes());
    }

    @Test
    void whoStepsOnTheWayBackStepsFromWhereTheLabWas() {
        var session = writerAtFar("bare");
        long before = session.view().time();
        session.perform(new Command.Seek(BACK));
        session.perform(new Command.Step());
        assertThat(session.view().time()).isEqualTo(before + 1);
    }

    @Test
    void theBareMachineThatNobodySeesKeepsUp() {
        var images = guests.assemble("bits 16\nagain: inc ax\njmp again\n", 64 << 20, List.of("bare"))
                .images()
                .orElseThrow();
        var lockstep = guests.lockstep(images, List.of("kvm"), guests.options(MachineChoice.DEFAULT), Typing.NONE);
        lockstep.run(3_000_000, () -> false);
        assertThat(lockstep.machines()).hasSize(2).extracting(Timeline::time).containsOnly(3_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"emulation", "trap-and-emulate", "binary-translation", "vt-x", "amd-v", "kvm"})
    void columnsThatEndTogetherEndAtTheSameStep(String mode) {
        var recipe = new Recipe(
                new GuestChoice.Source("bits 32\nlidt [none]\nud2\nnone: dw 0, 0, 0"), List.of("bare", mode), 0);
        var session = new Session("test", recipe, guests, slices);
        session.perform(new Command.Step());
        assertThat(session.view().ended()).isFalse();
        session.perform(new Command.Step());
        assertThat(session.view().ended()).isTrue();
        session.perform(new Command.Back());
        assertThat(session.view().ended()).isFalse();
        assertThat(session.view().time()).isEqualTo(1);
        session.perform(new Command.Step());
        assertThat(session.view().ended()).isTrue();
        assertThat(session.view().incident()).isEmpty();
    }
}

package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guest is idle for longer than a lab looks ahead for its next exit. */
class NextExitTest {
    private final ExecutorService runners = Executors.newSingleThreadExecutor();

    @AfterEach
    void stopRunners() {
        runners.shutdownNow();
    }

    private Session open(String... modes) {
        var recipe = new Recipe(new GuestChoice.Sample("timer"), List.of(modes), 0);
        return new Session("test", recipe, new Guests(), runners);
    }

    private static Views.Lab nextExit(Session session) throws InterruptedException {
        session.perform(new Command.NextExit());
        for (int i = 0; i < 600 && session.view().running(); i++) {
            Thread.sleep(20);
        }
        return session.view();
    }

    @ParameterizedTest
    @ValueSource(strings = {"vt-x", "amd-v", "kvm", "xen-hvm", "xen-pv", "xen-pvh"})
    void itMayLieBehindALongIdleTime(String mode) throws InterruptedException {
        var session = open(mode);
        long before = -1;
        int found = 0;
        for (var lab = nextExit(session); !lab.ended(); lab = nextExit(session)) {
            assertThat(lab.time()).isGreaterThan(before);
            before = lab.time();
            found++;
        }
        assertThat(found).isGreaterThan(10);
    }

    @Test
    void bothColumnsComeToTheSameTime() throws InterruptedException {
        var session = open("vt-x", "kvm");
        for (var lab = nextExit(session); !lab.ended(); lab = nextExit(session)) {
            assertThat(lab.modes().get(0).time()).isEqualTo(lab.modes().get(1).time());
        }
    }

    @Test
    void whoIsNeverLeftRunsThroughIdleTimesToTheEnd() throws InterruptedException {
        var lab = nextExit(open("bare"));
        assertThat(lab.ended()).isTrue();
        assertThat(lab.notice()).contains(Sentence.of("notice.noexit"));
    }
}

package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A server holds only so many labs. */
class SessionsTest {
    private static final long PLENTY = 1L << 40;
    private static final long HOUR = 3_600_000_000_000L;

    private static Recipe recipe() {
        return new Recipe(new GuestChoice.Sample("two-plus-two"), List.of("bare"), 0);
    }

    @Test
    void theOneNotLookedAtForLongestGoesWhenThereAreTooMany() {
        try (var sessions = new Sessions(new Sessions.Limits(2, PLENTY, PLENTY, 1, HOUR))) {
            var first = sessions.open(recipe());
            var second = sessions.open(recipe());
            first.view();
            var third = sessions.open(recipe());
            assertThat(sessions.find(first.id())).contains(first);
            assertThat(sessions.find(second.id())).isEmpty();
            assertThat(sessions.find(third.id())).contains(third);
            assertThat(sessions.count()).isEqualTo(2);
        }
    }

    @Test
    void memoryIsALimitToo() {
        try (var sessions = new Sessions(new Sessions.Limits(100, 3L << 20, PLENTY, 1, HOUR))) {
            sessions.open(recipe());
            var last = sessions.open(recipe());
            assertThat(sessions.count()).isEqualTo(1);
            assertThat(sessions.find(last.id())).contains(last);
        }
    }

    @Test
    void aGuestThatTakesTooMuchMemoryStandsAtItsStartAgainAndOthersAreNotTouched() throws InterruptedException {
        try (var sessions = new Sessions(new Sessions.Limits(10, 60L << 20, PLENTY, 1, HOUR))) {
            var other = sessions.open(recipe());
            other.perform(new Command.Step());
            var greedy = sessions.open(recipe());
            greedy.perform(new Command.Assemble(
                    "bits 32\norg 0x1000\nmov edi, 0x100000\nmov ecx, 0xf00000\nrep stosd\nhlt\n"));
            greedy.perform(new Command.Run());
            for (int i = 0; i < 1000 && greedy.view().running(); i++) {
                Thread.sleep(10);
            }
            var lab = greedy.view();
            assertThat(lab.notice().orElseThrow().key()).isEqualTo("notice.memory");
            assertThat(lab.time()).isZero();
            assertThat(lab.ended()).isFalse();
            assertThat(greedy.memory()).isLessThan(20L << 20);
            assertThat(sessions.find(other.id())).contains(other);
            assertThat(other.view().time()).isEqualTo(1);
        }
    }

    @Test
    void theLargestLabGivesWayToOneThatIsSmaller() throws InterruptedException {
        try (var sessions = new Sessions(new Sessions.Limits(10, 120L << 20, PLENTY, 1, HOUR))) {
            var small = sessions.open(recipe());
            var large = sessions.open(recipe());
            fill(large, 30 << 18);
            assertThat(large.memory()).isGreaterThan(60L << 20);
            fill(small, 24 << 18);
            assertThat(small.view().ended()).isTrue();
            assertThat(sessions.find(small.id())).contains(small);
            assertThat(sessions.find(large.id())).isEmpty();
        }
    }

    private static void fill(Session session, int doublewords) throws InterruptedException {
        session.perform(new Command.Assemble(
                "bits 32\norg 0x1000\nmov edi, 0x100000\nmov ecx, " + doublewords + "\nrep stosd\nhlt\n"));
        session.perform(new Command.Run());
        for (int i = 0; i < 1000 && session.view().running(); i++) {
            Thread.sleep(10);
        }
    }

    @Test
    void aLabThatNobodyLooksAtGoes() {
        try (var sessions = new Sessions(new Sessions.Limits(100, PLENTY, PLENTY, 1, -1))) {
            var first = sessions.open(recipe());
            sessions.open(recipe());
            assertThat(sessions.find(first.id())).isEmpty();
        }
    }

    @Test
    void manyLabsRunAtTheSameTimeOnOneThread() throws InterruptedException {
        try (var sessions = new Sessions(new Sessions.Limits(10, PLENTY, PLENTY, 1, HOUR))) {
            var endless = sessions.open(recipe());
            endless.perform(new Command.Assemble("bits 16\norg 0x1000\nagain: jmp again\n"));
            endless.perform(new Command.Run());
            var other = sessions.open(recipe());
            other.perform(new Command.Run());
            for (int i = 0; i < 200 && other.view().running(); i++) {
                Thread.sleep(20);
            }
            assertThat(other.view().ended()).isTrue();
            assertThat(endless.view().running()).isTrue();
        }
    }

    @Test
    void editorsLearnTheMnemonicsFromTheInstructionTable() {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            assertThat(sessions.assemblyWords().mnemonics()).contains("mov", "popfd", "lgdt", "hlt");
        }
    }
}

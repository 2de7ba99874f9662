package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.contract.Schema;
import ringside.session.Panel;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ShowCommandTest {
    private static final String GUEST = "../sample-guests/two-plus-two/guest.asm";

    /** Maps linear 400000H by tables of its own, so that its walk has all four levels. */
    private static final String FOUR_LEVELS = """
            bits 64
            org 0x1000
                    mov qword [0x20000], 0x5003
                    mov qword [0x72010], 0x20003
                    mov rax, cr3
                    mov cr3, rax
            here:   jmp here
            """;

    @TempDir
    private Path folder;

    private static JsonNode json(Invocation shown) {
        assertThat(shown.err()).isEmpty();
        assertThat(shown.status()).isZero();
        return JsonMapper.builder().build().readTree(shown.out());
    }

    private JsonNode walk(String mode, String address, String source) throws IOException {
        var file = Files.writeString(folder.resolve("guest.asm"), source);
        var shown = Invocation.of(
                "show", file.toString(), "--mode", mode, "--at", "8", "--view", "walk", "--address", address, "--json");
        Schema.of("walk").holdsFor(shown.out());
        return json(shown);
    }

    private static List<String> texts(JsonNode references, String field) {
        return references.valueStream().map(one -> one.get(field).asString()).toList();
    }

    private static Stream<String> views() {
        return Stream.concat(Panel.names().stream(), Stream.of("lab"));
    }

    @ParameterizedTest
    @MethodSource("views")
    void everyViewIsData(String view) {
        var mode = view.equals("translation") ? "emulation" : "kvm";
        var shown = Invocation.of("show", GUEST, "--mode", mode, "--at", "8", "--view", view, "--json");
        assertThat(shown.out().lines()).hasSize(1);
        assertThat(json(shown).isContainer()).isTrue();
    }

    @Test
    void instructionsAreWrittenInTheSyntaxThatIsAskedFor() {
        var shown = Invocation.of("show", GUEST, "--view", "disassembly", "--syntax", "att", "--json");
        assertThat(shown.out()).contains("mov $0x2,%al");
        assertThat(Invocation.of("show", GUEST, "--syntax", "vax").status()).isEqualTo(2);
    }

    @Test
    void exitsAreThoseUpToThatTime() {
        var exits = json(Invocation.of("show", GUEST, "--mode", "kvm", "--at", "9", "--view", "exits", "--json"));
        assertThat(exits.valueStream().map(exit -> exit.get("reason").asString()))
                .containsExactly("HLT", "IO_INSTRUCTION", "IO_INSTRUCTION", "EPT_VIOLATION");
        var before = json(Invocation.of("show", GUEST, "--mode", "kvm", "--at", "1", "--view", "exits", "--json"));
        assertThat(before.valueStream().map(exit -> exit.get("reason").asString()))
                .containsExactly("EPT_VIOLATION");
    }

    /** Bhargava and others, ASPLOS 2008: (4 + 1)(4 + 1) - 1 references; the access itself is none of them. */
    @ParameterizedTest
    @ValueSource(strings = {"vt-x", "amd-v"})
    void aNestedWalkHas24References(String mode) throws IOException {
        var walk = walk(mode, "400123", FOUR_LEVELS).get("walks").get(0);
        var references = walk.get("references");
        assertThat(references.size()).isEqualTo(24);
        assertThat(texts(references, "tables"))
                .containsExactlyElementsOf(java.util.stream.IntStream.range(0, 24)
                        .mapToObj(i -> i % 5 == 4 ? "guest" : "nested")
                        .toList());
        var ofGuest = references
                .valueStream()
                .filter(one -> one.get("tables").asString().equals("guest"))
                .toList();
        assertThat(ofGuest.stream().map(one -> one.get("level").asInt())).containsExactly(4, 3, 2, 1);
        assertThat(ofGuest.stream().map(one -> one.get("address").asString()))
                .containsExactly("0x70000", "0x71000", "0x72010", "0x20000");
        assertThat(references.get(20).get("translates").asString()).isEqualTo("0x5123");
        assertThat(walk.get("physical").asString()).isEqualTo("0x5123");
    }

    /** SDM 3A, Page-Fault Exceptions: U/S says that the access was a user's. */
    @Test
    void aProgramsReadOfNothingIsAUsersFault() throws IOException {
        var shown = Invocation.of(
                "show",
                "../sample-guests/linux-program/guest.asm",
                "--mode",
                "container",
                "--view",
                "walk",
                "--address",
                "1000",
                "--json");
        var walk = json(shown).get("walks").get(0);
        assertThat(walk.get("errorCode").asInt()).isEqualTo(4);
        var kernels = walk("bare", "8000000000", FOUR_LEVELS).get("walks").get(0);
        assertThat(kernels.get("errorCode").asInt()).isZero();
    }

    @Test
    void aBareWalkHasTheGuestsEntriesAlone() throws IOException {
        var walk = walk("bare", "400123", FOUR_LEVELS).get("walks").get(0);
        assertThat(texts(walk.get("references"), "address"))
                .containsExactly("0x70000", "0x71000", "0x72010", "0x20000");
        assertThat(texts(walk.get("references"), "entry").get(3)).isEqualTo("0x5003");
        assertThat(walk.get("physical").asString()).isEqualTo("0x5123");
    }

    @ParameterizedTest
    @CsvSource({"bare, 0", "vt-x, 4", "amd-v, 4"})
    void withoutPagingOnlyNestedTablesAreRead(String mode, int count) throws IOException {
        var walk = walk(mode, "2345", "bits 32\norg 0x1000\nhere: jmp here\n")
                .get("walks")
                .get(0);
        assertThat(walk.get("references").size()).isEqualTo(count);
        assertThat(walk.get("physical").asString()).isEqualTo("0x2345");
    }

    @Test
    void underShadowPagingTheProcessorHasOtherTablesThanTheGuest() throws IOException {
        var walks = walk("trap-and-emulate", "here", FOUR_LEVELS).get("walks");
        assertThat(texts(walks, "tables")).containsExactly("guest", "shadow");
        assertThat(walks.get(0).get("physical")).isEqualTo(walks.get(1).get("physical"));
        assertThat(texts(walks.get(0).get("references"), "address"))
                .doesNotContainAnyElementsOf(texts(walks.get(1).get("references"), "address"));
        assertThat(walks.get(1).get("references").size()).isEqualTo(4);
    }

    @Test
    void aPageThatKvmHasNotMappedYetEndsInAnExit() throws IOException {
        var walk = walk("kvm", "400000", FOUR_LEVELS).get("walks").get(0);
        assertThat(walk.get("exit").asString()).isEqualTo("EPT_VIOLATION");
        assertThat(walk.get("physical").isNull()).isTrue();
        var missing = walk("bare", "8000000000", FOUR_LEVELS).get("walks").get(0);
        assertThat(missing.get("errorCode").asInt()).isZero();
        assertThat(missing.get("references").size()).isEqualTo(1);
    }

    /** Asking leaves no trace: the nested tables have no accessed flag that they would not have had. */
    @Test
    void aWalkChangesNothing() throws IOException {
        var once = walk("amd-v", "400123", FOUR_LEVELS);
        assertThat(texts(once.get("walks").get(0).get("references"), "entry")).contains("0x5003");
        assertThat(walk("amd-v", "400123", FOUR_LEVELS)).isEqualTo(once);
    }

    @Test
    void theExitCardHasCauseFieldsCostAndRemedies() {
        var card = json(Invocation.of("show", GUEST, "--mode", "kvm", "--at", "5", "--view", "exit", "--json"));
        var event = card.get("events").get(0);
        assertThat(event.get("reason").asString()).isEqualTo("IO_INSTRUCTION");
        assertThat(event.get("decoded").get(1).get("meaning").asString()).isEqualTo("OUT");
        assertThat(event.get("cost").get("source").asString()).contains("kvm-unit-tests");
        assertThat(event.get("cost").get("cycles")).isEqualTo(event.get("cycles"));
        assertThat(card.get("remedies")
                        .valueStream()
                        .map(one -> one.get("value").asString()))
                .contains("amd-v", "emulation");
    }

    @Test
    void whatDoesNotExistIsBadInput() {
        assertThat(Invocation.of("show", GUEST, "--view", "nothing").err()).contains("the views are");
        assertThat(Invocation.of("show", GUEST, "--view", "walk", "--address", "nowhere!")
                        .status())
                .isEqualTo(2);
        assertThat(Invocation.of("show", GUEST, "--mode", "nothing").status()).isEqualTo(2);
    }

    @Test
    void aBreakpointIsGoneToAndSaidWhy() {
        var there = json(Invocation.of(
                "show", GUEST, "--break", "port 3f8 write if al == '4'", "--view", "stop", "--json", "--mode", "kvm"));
        assertThat(there.get("met").asBoolean()).isTrue();
        assertThat(there.get("why").asString()).contains("0x34", "0x3f8");
        var time = there.get("time").asString();
        var back = json(Invocation.of(
                "show",
                GUEST,
                "--at",
                "9",
                "--break",
                "port 3f8 write if al == '4'",
                "--backwards",
                "--view",
                "stop",
                "--json"));
        assertThat(back.get("time").asString()).isEqualTo(time);
        assertThat(back.get("rip")).isEqualTo(there.get("rip"));
        assertThat(json(Invocation.of("show", GUEST, "--break", "port 3f8", "--view", "console", "--json"))
                        .get("text")
                        .asString())
                .isEqualTo("4");
    }

    @Test
    void whatIsNeverMetIsSaidToo() {
        var there = json(Invocation.of("show", GUEST, "--break", "port 60", "--view", "stop", "--json"));
        assertThat(there.get("met").asBoolean()).isFalse();
        assertThat(there.get("time").asLong()).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "line 4711", "value ax ="})
    void aBreakpointThatCannotBeWatchedIsBadInput(String what) {
        var refused = Invocation.of("show", GUEST, "--break", what, "--view", "stop");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("“");
    }

    @Test
    void withoutABreakpointThereIsNoStop() {
        var refused = Invocation.of("show", GUEST, "--view", "stop");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("--break");
    }
}

package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stack shows what executed deliveries have pushed, as long as it has not been taken off. */
class StackFramesTest {
    /** INT 21H, whose handler divides by zero. */
    private static final String SOURCE = """
            bits 16
            org 0x1000
                    mov word [0x84], called
                    mov word [0x86], 0
                    mov word [0], divided
                    mov word [2], 0
                    int 0x21
                    hlt
            called: xor cx, cx
                    div cl
                    iret
            divided:
                    mov bp, sp
                    add word [bp], 2
                    iret
            """;

    private static List<Views.Entry> stack(String mode, String source, long time) {
        var file = new GuestFile("guest.asm", source.getBytes(StandardCharsets.UTF_8));
        var showing = new Showing(file, RunOptions.of(mode), new byte[0], time);
        return ((Views.Stack) showing.view(Panel.named("stack").orElseThrow(), Optional.empty())).entries();
    }

    private static List<String> roles(List<Views.Entry> entries) {
        return entries.stream()
                .filter(entry -> entry.frame().equals("handler"))
                .map(entry -> entry.role().orElseThrow())
                .map(role -> role.key() + role.arguments())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "vt-x", "amd-v", "kvm"})
    void framesComeWithDeliveriesAndGoWithIret(String mode) {
        var called = List.of("stack.handled.ip[INT, 33, 5]", "stack.saved.cs[]", "stack.saved.flags[]");
        assertThat(roles(stack(mode, SOURCE, 4))).isEmpty();
        assertThat(roles(stack(mode, SOURCE, 5))).isEqualTo(called);
        assertThat(roles(stack(mode, SOURCE, 7)))
                .containsExactly(
                        "stack.handled.ip[DIVIDE_ERROR, 0, 7]",
                        "stack.saved.cs[]",
                        "stack.saved.flags[]",
                        called.get(0),
                        called.get(1),
                        called.get(2));
        assertThat(roles(stack(mode, SOURCE, 10))).isEqualTo(called);
        assertThat(roles(stack(mode, SOURCE, 11))).isEmpty();
    }

    @Test
    void aHandlerThatHasRunForLongIsStillOne() {
        var source = SOURCE.replace("mov bp, sp", "mov cx, 200\nagain: loop again\nmov bp, sp");
        assertThat(roles(stack("bare", source, 200)).get(0)).isEqualTo("stack.handled.ip[DIVIDE_ERROR, 0, 7]");
    }

    @Test
    void aPushShowsWhatLayThereBefore() {
        var source = "bits 16\norg 0x1000\nmov word [0xffe], 0x1234\nmov ax, 7\npush ax\nhlt\n";
        var top = stack("bare", source, 3).get(0);
        assertThat(top.pushed()).isTrue();
        assertThat(top.value()).isEqualTo(new Views.Value("0x7", Optional.of("0x1234")));
        assertThat(stack("bare", source, 2)).noneMatch(Views.Entry::pushed);
    }

    @Test
    void whatRbpChainsIsNamedAsAGuess() {
        var source = "bits 64\norg 0x1000\nmov rsp, 0x8000\ncall f\nhlt\nf: push rbp\nmov rbp, rsp\nnop\n";
        assertThat(stack("bare", source, 4).stream().map(Views.Entry::frame).toList())
                .startsWith("procedure", "procedure", "");
    }
}

package ringside.isa;

import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.FunctionImport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The disassembler iced-x86 1.21.0 (MIT licence, see its LICENSE.txt among the test resources), as the WebAssembly of its
 * npm package: a second opinion that is not NASM's.
 */
final class IcedX86 {
    static final String MODULE = "/iced-x86/iced_x86_bg.wasm";
    private static final int NASM_SYNTAX = 3;

    /**
     * One instruction as iced-x86 sees it.
     *
     * @param length its length in bytes
     * @param text its text; {@code (bad)} if it is none
     */
    record Instruction(int length, String text) {
        boolean isInstruction() {
            return !text.equals("(bad)");
        }
    }

    private final Instance wasm;
    private final int formatter;
    private final int instruction;

    IcedX86() {
        try (var resource = IcedX86.class.getResourceAsStream(MODULE)) {
            var module = Parser.parse(resource);
            wasm = Instance.builder(module)
                    .withImportValues(ImportValues.builder()
                            .withFunctions(imports(module))
                            .build())
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        formatter = call("formatter_new", NASM_SYNTAX);
        set("smallHexNumbersInDecimal", 0);
        set("showZeroDisplacements", 1);
        set("branchLeadingZeros", 0);
        set("displacementLeadingZeros", 0);
        set("uppercaseHex", 0);
        set("showUselessPrefixes", 1);
        nameConditionsAsNasmDoes();
        instruction = (int) wasm.export("instruction_new").apply()[0];
    }

    /** The module calls its host only to make JavaScript's objects, which nothing here asks for. */
    private static List<ImportFunction> imports(WasmModule module) {
        var functions = new ArrayList<ImportFunction>();
        for (int i = 0; i < module.importSection().importCount(); i++) {
            if (module.importSection().getImport(i) instanceof FunctionImport f) {
                var type = module.typeSection().getType(f.typeIndex());
                functions.add(new HostFunction(f.module(), f.name(), type, (instance, arguments) -> {
                    throw new IllegalStateException("iced-x86 called " + f.name());
                }));
            }
        }
        return functions;
    }

    private void nameConditionsAsNasmDoes() {
        set("cc_b", 1); // jc
        set("cc_ae", 2); // jnc
        set("cc_e", 1); // jz
        set("cc_ne", 1); // jnz
        set("cc_be", 1); // jna
        set("cc_p", 1); // jpe
        set("cc_np", 1); // jpo
        set("cc_ge", 1); // jnl
        set("cc_le", 1); // jng
    }

    private void set(String option, int value) {
        wasm.export("formatter_set_" + option).apply(formatter, value);
    }

    /** Calls a function that returns a result through memory. */
    private int call(String function, long... arguments) {
        int result = (int) wasm.export("__wbindgen_add_to_stack_pointer").apply(-16)[0];
        var all = new long[arguments.length + 1];
        all[0] = result;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        wasm.export(function).apply(all);
        int value = wasm.memory().readInt(result);
        wasm.export("__wbindgen_add_to_stack_pointer").apply(16);
        return value;
    }

    /**
     * What stands at the beginning of every slot of an image.
     *
     * @param image the bytes
     * @param slot the size of a slot in bytes; the first slot has address 0
     * @param bits the size of the code
     */
    List<Instruction> disassemble(byte[] image, int slot, int bits) {
        int data = (int) wasm.export("__wbindgen_malloc").apply(image.length, 1)[0];
        wasm.memory().write(data, image);
        int decoder = call("decoder_new", bits, data, image.length, 0);
        var found = new ArrayList<Instruction>();
        for (int at = 0; at < image.length; at += slot) {
            call("decoder_set_position", decoder, at);
            wasm.export("decoder_set_ip").apply(decoder, at);
            wasm.export("decoder_decodeOut").apply(decoder, instruction);
            int length = (int) wasm.export("instruction_length").apply(instruction)[0];
            found.add(new Instruction(length, text()));
        }
        wasm.export("__wbg_decoder_free").apply(decoder);
        return found;
    }

    private String text() {
        int result = (int) wasm.export("__wbindgen_add_to_stack_pointer").apply(-16)[0];
        wasm.export("formatter_format").apply(result, formatter, instruction);
        int text = wasm.memory().readInt(result);
        int length = wasm.memory().readInt(result + 4);
        var string = wasm.memory().readString(text, length);
        wasm.export("__wbindgen_free").apply(text, length, 1);
        wasm.export("__wbindgen_add_to_stack_pointer").apply(16);
        return string;
    }
}

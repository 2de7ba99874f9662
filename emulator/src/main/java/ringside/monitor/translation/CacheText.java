package ringside.monitor.translation;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Disassembler;
import ringside.isa.UndefinedInstruction;
import ringside.monitor.Translation;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.translation.Block.Line;

/** A translated block for people: its bytes as they lie in the cache, disassembled beside the guest's instructions. */
final class CacheText {
    private final Decoder decoder = InstructionSet.decoder();

    private record Piece(int at, Translation.Line line) {}

    /**
     * A block's rows. The stubs behind it stand with its last instruction.
     *
     * @param bytes of the block, as they are in the cache or would be
     */
    List<Translation.Row> rows(Block block, byte[] bytes) {
        List<Piece> pieces = pieces(block, bytes);
        List<Line> lines = block.lines();
        return IntStream.range(0, lines.size())
                .mapToObj(i -> {
                    int from = lines.get(i).at();
                    int to = i + 1 < lines.size() ? lines.get(i + 1).at() : Integer.MAX_VALUE;
                    return new Translation.Row(
                            lines.get(i).rip(),
                            pieces.stream()
                                    .filter(piece -> piece.at >= from && piece.at < to)
                                    .map(Piece::line)
                                    .toList());
                })
                .toList();
    }

    /** How many instructions lie in a block, stubs included. */
    int instructions(Block block, byte[] bytes) {
        return pieces(block, bytes).size();
    }

    private List<Piece> pieces(Block block, byte[] bytes) {
        List<Piece> pieces = new ArrayList<>();
        int bits = block.context().bits();
        int at = 0;
        while (at < bytes.length) {
            int position = block.start() + at;
            long rip = bits == 64 ? MonitorMemory.BASE_64 + MonitorMemory.CODE + position : position;
            try {
                Decoded decoded = decoder.decode(CodeSource.of(bytes, at), bits);
                String text = String.format("%04x: %s", position, Disassembler.text(decoded, rip));
                pieces.add(new Piece(position, new Translation.Line(text, word(decoded))));
                at += decoded.length;
            } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException changed) {
                // Somebody has written to the cache.
                String text = String.format("%04x: db 0x%x", position, bytes[at] & 0xFF);
                pieces.add(new Piece(position, new Translation.Line(text, "")));
                at++;
            }
        }
        return pieces;
    }

    /** The translator's interrupt instructions mean what the manual does not say. */
    private static String word(Decoded decoded) {
        return decoded.form.mnemonic().equals("INT") ? Callout.word((int) decoded.immediate) : "";
    }
}

package ringside.reference.xen;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Speaks to the gdb stub of QEMU (GDB manual, Remote Serial Protocol): breakpoints, registers and memory of its one processor. */
final class GdbStub implements AutoCloseable {
    private static final int REGISTER = 16;
    private static final int LONGEST_RUN = 30_000;

    private final Socket socket;
    private final InputStream in;

    GdbStub(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(LONGEST_RUN);
        in = socket.getInputStream();
    }

    /** Sends a packet without waiting for more than its acknowledgement. */
    private void send(String packet) throws IOException {
        int sum = 0;
        for (byte b : packet.getBytes(StandardCharsets.ISO_8859_1)) {
            sum += b & 0xFF;
        }
        String framed = "$%s#%02x".formatted(packet, sum & 0xFF);
        socket.getOutputStream().write(framed.getBytes(StandardCharsets.ISO_8859_1));
    }

    private int read() throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new IOException("the stub is gone");
        }
        return next;
    }

    private String receive() throws IOException {
        while (read() != '$') {
            // Acknowledgements of what was sent.
        }
        var packet = new StringBuilder();
        for (int c = read(); c != '#'; c = read()) {
            packet.append((char) c);
        }
        read();
        read();
        socket.getOutputStream().write('+');
        return packet.toString();
    }

    private String ask(String packet) throws IOException {
        send(packet);
        return receive();
    }

    void breakAt(long address) throws IOException {
        ask("Z1,%x,1".formatted(address));
    }

    void noBreakAt(long address) throws IOException {
        ask("z1,%x,1".formatted(address));
    }

    /**
     * Runs to the next breakpoint.
     *
     * @return false where none was met for so long that none will be
     */
    boolean run() throws IOException {
        try {
            ask("c");
            return true;
        } catch (SocketTimeoutException none) {
            return false;
        }
    }

    /** Runs, and waits for nothing. */
    void letGo() throws IOException {
        send("D");
    }

    /** Performs the instruction at an address that has a breakpoint. */
    void stepOver(long address) throws IOException {
        noBreakAt(address);
        ask("s");
        breakAt(address);
    }

    /** In QEMU's order: RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8 to R15, RIP. */
    CallWatch.State registers() throws IOException {
        String all = ask("g");
        return new CallWatch.State(
                register(all, 16),
                register(all, 7),
                register(all, 0),
                register(all, 5),
                register(all, 4),
                register(all, 3),
                register(all, 10),
                register(all, 8));
    }

    private static long register(String all, int number) {
        return littleEndian(all.substring(number * REGISTER, (number + 1) * REGISTER));
    }

    long memory(long address) throws IOException {
        return littleEndian(ask("m%x,8".formatted(address)));
    }

    private static long littleEndian(String digits) {
        long value = 0;
        byte[] bytes = HexFormat.of().parseHex(digits);
        for (int i = bytes.length - 1; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xFF;
        }
        return value;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

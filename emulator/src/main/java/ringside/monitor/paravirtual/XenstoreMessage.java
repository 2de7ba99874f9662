package ringside.monitor.paravirtual;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One message to or from the store that domains share: a header of four words, and texts that end with a zero byte (Xen's public header
 * io/xs_wire.h).
 *
 * @param type what is asked or answered: XS_READ is 2, XS_WRITE 11, XS_ERROR 16
 * @param request chosen by who asks, and the same in the answer
 * @param transaction 0 where it belongs to none
 * @param payload at most {@link #MOST} bytes
 */
record XenstoreMessage(int type, int request, int transaction, List<Byte> payload) {
    static final int HEADER = 16;

    /** XENSTORE_PAYLOAD_MAX. */
    static final int MOST = 4096;

    XenstoreMessage {
        if (payload.size() > MOST) {
            throw new IllegalArgumentException(payload.size() + " bytes");
        }
        payload = List.copyOf(payload);
    }

    /** A message of texts. */
    static XenstoreMessage of(int type, int request, int transaction, String... texts) {
        List<Byte> payload = new ArrayList<>();
        for (String text : texts) {
            for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
                payload.add(b);
            }
            payload.add((byte) 0);
        }
        return new XenstoreMessage(type, request, transaction, payload);
    }

    /** The texts in it; one that does not end with a zero byte is one too. */
    List<String> texts() {
        List<String> texts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (byte b : payload) {
            if (b == 0) {
                texts.add(text.toString());
                text.setLength(0);
            } else {
                text.append((char) (b & 0xFF));
            }
        }
        if (text.length() > 0) {
            texts.add(text.toString());
        }
        return texts;
    }

    byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + payload.size()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(type).putInt(request).putInt(transaction).putInt(payload.size());
        payload.forEach(bytes::put);
        return bytes.array();
    }

    /** @param bytes a header and as many bytes behind it as it says */
    static XenstoreMessage read(byte[] bytes) {
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Byte> payload = new ArrayList<>();
        for (byte b : Arrays.copyOfRange(bytes, HEADER, bytes.length)) {
            payload.add(b);
        }
        return new XenstoreMessage(header.getInt(0), header.getInt(4), header.getInt(8), payload);
    }
}

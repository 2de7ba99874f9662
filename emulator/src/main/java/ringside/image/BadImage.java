package ringside.image;

import ringside.isa.Message;

/** A file or an option that cannot become a guest. The message is one sentence that says what to do about it. */
public class BadImage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Message message;

    public BadImage(Message message) {
        super(message.text(), null, false, false);
        this.message = message;
    }

    /** The sentence. */
    public Message message() {
        return message;
    }

    /** The sentence in English. */
    public String sentence() {
        return message.text();
    }
}

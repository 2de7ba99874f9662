package ringside.session;

/** What a user sent cannot be done; the sentence says why, and what can be done instead. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Sentence sentence;

    public Refusal(Sentence sentence) {
        super(sentence.key() + " " + sentence.arguments());
        this.sentence = sentence;
    }

    public Sentence sentence() {
        return sentence;
    }
}

package ringside.web;

import ringside.session.Sentence;

/** A request that is answered with a status and a sentence instead of a page. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient Sentence sentence;

    Refused(int status, Sentence sentence) {
        super(status + " " + sentence.key());
        this.status = status;
        this.sentence = sentence;
    }

    int status() {
        return status;
    }

    Sentence sentence() {
        return sentence;
    }
}

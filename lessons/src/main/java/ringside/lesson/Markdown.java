package ringside.lesson;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.SourceSpan;
import org.commonmark.node.Text;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/** Markdown to HTML that is safe to show, whoever wrote it: no HTML of its own, no pictures, links to Ringside's pages and to https only. */
final class Markdown {
    private static final Parser PARSER = Parser.builder()
            .includeSourceSpans(IncludeSourceSpans.BLOCKS_AND_INLINES)
            .build();
    private static final HtmlRenderer RENDERER =
            HtmlRenderer.builder().escapeHtml(true).sanitizeUrls(true).build();

    private final List<Glossary.Entry> words;
    private final Set<String> linked = new LinkedHashSet<>();

    /** @param words to link where they are said for the first time */
    Markdown(List<Glossary.Entry> words) {
        this.words = words;
    }

    /** Names of the words that have been linked. */
    Set<String> linked() {
        return Set.copyOf(linked);
    }

    /**
     * Makes HTML of a text whose marks have been cut out.
     *
     * @param complain about a line, counted from 0 in this text
     * @return with the marks' places as they are
     */
    String html(String text, BiConsumer<Integer, String> complain) {
        Node document = PARSER.parse(text);
        document.accept(new Safety(complain));
        link(document);
        return RENDERER.render(document);
    }

    /** The same for a few words, without a paragraph around them. */
    String inline(String text, BiConsumer<Integer, String> complain) {
        String html = html(text, complain).strip();
        boolean one = html.startsWith("<p>") && html.indexOf("<p>", 1) < 0 && html.endsWith("</p>");
        return one ? html.substring(3, html.length() - 4) : html;
    }

    /** How many blocks a text has: paragraphs, lists, quotations, code. */
    static int blocks(String text) {
        int blocks = 0;
        for (Node node = PARSER.parse(text).getFirstChild(); node != null; node = node.getNext()) {
            blocks++;
        }
        return blocks;
    }

    private void link(Node document) {
        var texts = new java.util.ArrayList<Text>();
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(Text text) {
                texts.add(text);
            }

            @Override
            public void visit(Link link) {
                // Its words lead elsewhere already.
            }

            @Override
            public void visit(Heading heading) {
                // Titles are no links.
            }
        });
        texts.forEach(this::link);
    }

    private void link(Text text) {
        for (Glossary.Entry entry : words) {
            Matcher said = entry.pattern().matcher(text.getLiteral());
            if (linked.contains(entry.name()) || !said.find()) {
                continue;
            }
            linked.add(entry.name());
            var before = new Text(text.getLiteral().substring(0, said.start()));
            var after = new Text(text.getLiteral().substring(said.end()));
            var link = new Link("/glossary#" + entry.name(), null);
            link.appendChild(new Text(said.group()));
            text.insertBefore(before);
            text.insertBefore(link);
            text.insertBefore(after);
            text.unlink();
            link(before);
            link(after);
            return;
        }
    }

    /** What an author may not write. */
    private static final class Safety extends AbstractVisitor {
        private final BiConsumer<Integer, String> complain;

        Safety(BiConsumer<Integer, String> complain) {
            this.complain = complain;
        }

        private void wrong(Node node, String text) {
            List<SourceSpan> spans = node.getSourceSpans();
            complain.accept(spans.isEmpty() ? 0 : spans.get(0).getLineIndex(), text);
        }

        @Override
        public void visit(HtmlBlock block) {
            wrong(block, "HTML is not allowed; write Markdown");
        }

        @Override
        public void visit(HtmlInline inline) {
            wrong(inline, "HTML is not allowed; write Markdown");
        }

        @Override
        public void visit(Image image) {
            wrong(image, "pictures are not allowed");
        }

        @Override
        public void visit(Heading heading) {
            wrong(heading, "headings stand outside of directives, as # TITLE or ## BEAT");
        }

        @Override
        public void visit(Code code) {
            // Shown as it stands.
        }

        @Override
        public void visit(Link link) {
            String to = link.getDestination();
            if (!to.startsWith("https://") && !to.matches("/[a-z].*|/")) {
                wrong(link, "a link leads to https://… or to a page of Ringside, not to " + to);
            }
            visitChildren(link);
        }
    }
}

package ringside.web;

import io.javalin.http.Context;
import java.io.Writer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.thymeleaf.TemplateEngine;
import org.thymeleaf.context.IExpressionContext;
import org.thymeleaf.context.ITemplateContext;
import org.thymeleaf.linkbuilder.StandardLinkBuilder;
import org.thymeleaf.messageresolver.AbstractMessageResolver;
import org.thymeleaf.templatemode.TemplateMode;
import org.thymeleaf.templateresolver.ClassLoaderTemplateResolver;

/** Fills templates: whole pages, or one fragment of a page. Text from guests only ever comes in as values, which are escaped. */
final class Templates {
    private final TemplateEngine engine = new TemplateEngine();

    Templates() {
        var resolver = new ClassLoaderTemplateResolver(Templates.class.getClassLoader());
        resolver.setPrefix("templates/");
        resolver.setSuffix(".html");
        resolver.setTemplateMode(TemplateMode.HTML);
        resolver.setCharacterEncoding("UTF-8");
        resolver.setCacheable(true);
        engine.setTemplateResolver(resolver);
        engine.setMessageResolver(new FromWords());
        engine.setLinkBuilder(new FromRoot());
    }

    /** The whole of a template. */
    String page(String template, Context request, Map<String, Object> values) {
        return engine.process(template, context(request, values));
    }

    /** The whole of a template, written as it is filled. */
    void page(String template, Context request, Map<String, Object> values, Writer out) {
        engine.process(template, context(request, values), out);
    }

    /** One fragment of a template: the element with {@code th:fragment="name"}. */
    String fragment(String template, String name, Context request, Map<String, Object> values) {
        return engine.process(template, Set.of(name), context(request, values));
    }

    private static org.thymeleaf.context.Context context(Context request, Map<String, Object> values) {
        var visitor = Visitor.of(request);
        var all = new HashMap<>(values);
        all.put("visitor", visitor);
        all.put("say", visitor.words());
        all.put(
                "languages",
                Words.LANGUAGES.stream()
                        .filter(other -> !other.equals(visitor.language()))
                        .map(Words::in)
                        .toList());
        all.putIfAbsent("self", request.path());
        return new org.thymeleaf.context.Context(Locale.forLanguageTag(visitor.language()), all);
    }

    /** Thymeleaf's {@code #{…}} by our bundles. */
    private static final class FromWords extends AbstractMessageResolver {
        @Override
        public String resolveMessage(ITemplateContext context, Class<?> origin, String key, Object[] parameters) {
            return Words.in(context.getLocale().getLanguage())
                    .filled(key, parameters == null ? new Object[0] : parameters);
        }

        @Override
        public String createAbsentMessageRepresentation(
                ITemplateContext context, Class<?> origin, String key, Object[] parameters) {
            throw new IllegalStateException("no text for " + key);
        }
    }

    /** Thymeleaf's {@code @{/…}}: the server's addresses begin at its root. */
    private static final class FromRoot extends StandardLinkBuilder {
        @Override
        protected String computeContextPath(IExpressionContext context, String base, Map<String, Object> parameters) {
            return "";
        }

        @Override
        protected String processLink(IExpressionContext context, String link) {
            return link;
        }
    }
}

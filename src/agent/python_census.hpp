/// Which code holds the memory of a Python program, told by what its modules lead to. Text for exec(), in a namespace
/// of its own with `path` (where the answer goes) and `runtime` in it.
///
/// Walks the objects from every module's names, those of the program first, then what no name leads to (if all was
/// looked at). An object counts
/// for the first name that leads to it; one that others hold too (a number, a text) for its share. Of a collection with
/// more than `sample` members that many are looked at, and stand for the others. Ends after `budget` seconds of
/// processor time or `most` containers, and says so: the walk itself needs about 100 bytes for each.
///
/// Works with CPython 3.7 and later. What it meets may be anything: an object that cannot be measured counts nothing.
#pragma once

namespace holdfast::agent {

inline constexpr char kCensus[] = R"py(
import gc, itertools, json, os, sys, time

def census(path, runtime, budget=2.0, most=200000, sample=2000, rows_told=2000):
    leaves = (str, bytes, bytearray, int, float, complex, bool, type(None), range)
    passed = (type(sys), type, type(census), type(len), type(census.__code__), type(sys._getframe()))
    sizeof, refs, kind = sys.getsizeof, sys.getrefcount, type
    end, seen, rows = time.thread_time() + budget, set(), {}
    state = {"truncated": False, "sampled": False, "steps": 0}

    def some(members, count, weight):
        step = -(-count // sample) or 1
        state["sampled"] = state["sampled"] or step > 1
        return itertools.islice(members, 0, None, step), weight * step

    def children(thing, weight):
        if isinstance(thing, dict):
            count = dict.__len__(thing)
            return [some(dict.keys(thing), count, weight), some(dict.values(thing), count, weight)]
        if isinstance(thing, (list, tuple, set, frozenset)):
            return [some(thing, len(thing), weight)]
        return [(iter(gc.get_referents(thing)), weight)]

    def walk(root, module, name):
        stack = [(iter((root,)), 1)]
        while stack:
            state["steps"] += 1
            if state["steps"] % 4096 == 0 and time.thread_time() > end:
                state["truncated"] = True
            if state["truncated"]:
                return
            members, weight = stack[-1]
            try:
                thing = next(members)
            except StopIteration:
                stack.pop()
                continue
            except Exception:  # It was changed meanwhile.
                stack.pop()
                continue
            what = kind(thing)
            if issubclass(what, passed):
                continue
            try:
                # A mapping does not count what it maps.
                mapped = what.__module__ == "mmap" and what.__name__ == "mmap"
                size = len(thing) if mapped else sizeof(thing, 0)
            except Exception:
                size = 0
            if issubclass(what, leaves):
                # A name holds what it leads to alone, as far as that is told; `thing` and the call hold it too.
                size /= 1 if len(stack) == 1 else max(1, refs(thing) - 2)
            else:
                if id(thing) in seen:
                    continue
                if len(seen) >= most:
                    state["truncated"] = True
                    return
                seen.add(id(thing))
                try:
                    stack.extend(children(thing, weight))
                except Exception:
                    pass
            key = (module, name, getattr(what, "__qualname__", "?"))
            row = rows.get(key)
            if row is None:
                row = rows[key] = [0, 0.0]
            row[0] += weight
            row[1] += size * weight

    def rank(module):
        if module.__name__ == "__main__":
            return 0
        file = getattr(module, "__file__", None) or ""
        if not file:
            return 3
        if "site-packages" in file or "dist-packages" in file:
            return 1
        return 2 if file.startswith(os.path.dirname(os.__file__)) else 0

    seen.update((id(seen), id(rows), id(state)))
    modules = [module for module in list(sys.modules.values()) if isinstance(module, kind(sys))]
    for module in sorted(modules, key=rank):
        for name, value in list(vars(module).items()):
            if name.startswith("__") and name.endswith("__"):
                continue
            walk(value, module.__name__, name)
    for thing in gc.get_objects():
        # What was passed over counts already.
        if state["truncated"] or state["sampled"]:
            break
        if id(thing) not in seen:
            walk(thing, "(no module)", getattr(kind(thing), "__module__", "?") or "?")
    total = sum(row[1] for row in rows.values())
    told = sorted(rows.items(), key=lambda item: -item[1][1])[:rows_told]
    stacks = [{"frames": [str(part)[:120] for part in key], "count": row[0], "bytes": int(row[1])} for key, row in told if row[1] >= 1]
    with open(path + ".part", "w", encoding="utf-8", errors="replace") as file:
        json.dump({"runtime": runtime, "kind": "objects", "truncated": state["truncated"], "total_bytes": int(total),
                   "stacks": stacks}, file)
    os.replace(path + ".part", path)

census(path, runtime)
)py";

}  // namespace holdfast::agent

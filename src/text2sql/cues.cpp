#include "text2sql/cues.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

namespace holdfast::text2sql {
namespace {

struct Entry {
  Cue cue;
  std::string_view phrases;  // Separated by commas.
};

// What is not here, not a name of the data and not a number is a word we do not know, and a question with
// such a word is declined. So "not", "except", "why", "median" and "forecast" are left out on purpose.
constexpr std::array kEntries{
    Entry{Cue::filler,
          "a,an,the,of,in,on,at,for,to,with,into,was,is,were,are,be,been,being,did,does,do,done,has,have,had,having,me,"
          "us all,my,"
          "please,tell,what,which,whose,there,that,i,you,we,"
          "can,could,would,should,will,want,like to know,know,need,find,find out,get,look up,value,figure,amount,size,"
          "according,according to,recorded,reported,and,or,both,as,so,also,ok,okay,hi,hello,thank,thank you,how,"
          "how high,how low,how big,how large,"
          "many,much,question,answer,exactly,during,within,across,out,up,come,came,go,then,people s,whole,"
          "entire,any,some,by year of,name of,names "
          "of,born,happen,happened,"
          "occur,occurred,take place,took place,about,approximately,roughly,given,given by,due to,because "
          "of,caused by,"
          "result,what about,how about,year of,in the "
          "year,say,let,see,look,looking,possible,actual,respective,respectively,kind,type,list of all"},
    Entry{Cue::average, "average,mean,avg,on average,averaged,the average,average of"},
    Entry{Cue::sum,
          "total,sum,overall,altogether,combined,in total,in all,sum of,total number,total number of,total "
          "amount,total amount of,cumulative"},
    Entry{Cue::count,
          "how many,number of,count,count of,the number of,number,how many different,how many distinct,number of "
          "different,quantity"},
    Entry{Cue::maximum,
          "highest,largest,biggest,greatest,most,maximum,max,top,the "
          "most,peak,highest number of,largest number of,greatest number of"},
    Entry{Cue::minimum, "lowest,smallest,least,fewest,minimum,min,bottom,lowest number of,smallest number of"},
    Entry{Cue::most_common, "most common,most frequent,most popular kind of,commonest,most often"},
    Entry{Cue::higher, "higher,larger,bigger,greater,more"},
    Entry{Cue::lower, "lower,smaller,fewer,less"},
    Entry{Cue::per,
          "by,per,each,every,for each,for every,in each,in every,of each,broken down by,grouped by,group by,split "
          "by,by each,depending on,separately for"},
    Entry{Cue::more_than,
          "more than,greater than,higher than,larger than,bigger than,over,above,exceeding,exceeded,exceed,in "
          "excess of"},
    Entry{Cue::at_least, "at least,no less than,not less than,a minimum of"},
    Entry{Cue::less_than, "less than,fewer than,lower than,smaller than,under,below"},
    Entry{Cue::at_most, "at most,no more than,not more than,up to,a maximum of"},
    Entry{Cue::between, "between,in between"},
    Entry{Cue::from, "from,starting in,starting from,beginning in"},
    Entry{Cue::until, "until,till,through,to the year,ending in"},
    Entry{Cue::since, "since"},
    Entry{Cue::after, "after,later than,newer than"},
    Entry{Cue::before, "before,prior to,earlier than,older than the year"},
    Entry{Cue::than, "than"},
    Entry{Cue::compare,
          "compare,compared,compared to,compared with,comparison,comparison "
          "of,comparing,versus,vs,in comparison to,in comparison with"},
    Entry{Cue::change,
          "change,changed,grow,grew,grown,growth,increase,increased,decrease,decreased,decline,declined,fall,fell,rose,"
          "rise,risen,develop,developed,development,"
          "evolve,evolved,evolution,trend,history,over time,over the year,over the decade,timeline,time series,through "
          "time,through the year,changed over time,change over time"},
    Entry{Cue::list, "list,show,give,display,all,name,enumerate,give me,show me,all the,list all,show all,list of"},
    Entry{Cue::latest, "latest,newest,most recent,recent,last,the most recent,most recently"},
    Entry{Cue::earliest, "earliest,oldest,first"},
    Entry{Cue::best, "best"},
    Entry{Cue::worst, "worst"},
    Entry{Cue::difference,
          "difference,difference between,difference in,differ,gap,gap between,by how much,how much more,how much less,"
          "how much larger,how much bigger,how much higher,how much greater,how much lower,how much smaller,"
          "how much longer,how much shorter,how many more,how many fewer,how many less"},
    Entry{Cue::ranking, "rank,ranked,ranking,sort,sorted,order,ordered"},
    Entry{Cue::when, "when"},
    Entry{Cue::who, "who,whom"},
    Entry{Cue::where, "where"},
    Entry{Cue::how_much, "how much"},
    Entry{Cue::pronoun,
          "it,its,they,them,their,theirs,he,she,him,her,hers,his,this,these,those,one,the one,the same,former,latter"},
    Entry{Cue::nowadays, "current,currently,today,now,nowaday,right now,at the moment,at present"},
    Entry{Cue::relative_time,
          "last year,last month,last week,last decade,last century,this year,this month,this week,this decade,next "
          "year,next month,previous year,previous month,past year,past month,past decade,recent year,recent month,"
          "yesterday,tomorrow,tonight,the last year,the past year"},
    Entry{Cue::all_time,
          "ever,of all time,all time,in history,of all year,over all year,in any year,ever recorded,on record"},
    Entry{Cue::thousand, "thousand"},
    Entry{Cue::million, "million,mio,mn"},
    Entry{Cue::billion, "billion,bn"},
};

constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};

// The longest phrase above has five words.
constexpr std::size_t kLongest = 5;

using Phrases = std::unordered_map<std::string, Cue>;

const Phrases& phrases() {
  static const Phrases all = [] {
    Phrases out;
    for (const auto& entry : kEntries) {
      std::string_view rest = entry.phrases;
      while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        out.emplace(phrase_of(rest.substr(0, comma)), entry.cue);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
    }
    return out;
  }();
  return all;
}

}  // namespace

std::optional<CueMatch> match_cue(std::span<const Word> words) {
  std::string phrase;
  std::optional<CueMatch> best;
  for (std::size_t i = 0; i < std::min(words.size(), kLongest) && !words[i].quoted; ++i) {
    if (i > 0) phrase += ' ';
    phrase += words[i].stem;
    const auto found = phrases().find(phrase);
    if (found != phrases().end()) best = CueMatch{found->second, i + 1};
  }
  return best;
}

std::optional<int> month_number(std::string_view word) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    const bool abbreviated = word.size() == 3 && kMonths[i].starts_with(word);
    if (word == kMonths[i] || abbreviated || (word == "sept" && i == 8)) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

}  // namespace holdfast::text2sql

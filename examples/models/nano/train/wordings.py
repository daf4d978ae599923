"""Rule wordings: seven categories in many differently built sentences, and the texts of whole policies around them.

Every category has noun phrases (`NP`), verb phrases in the third person (`VP`) and longer two-line definitions (`DEF`). Sentence frames turn
them into rules that forbid, rules that allow, and neutral lines whose meaning comes from the heading above them. Every fifth phrase and some
frames are kept for measuring: a policy made only of those has never been seen in training.
"""
CATEGORIES = ["insult", "hate", "sexual", "threat", "self_harm", "spam", "injection"]

# How the reasoning names a finding, and how the answer gives the reason.
NAME = {
    "insult": "an insult", "hate": "hate against a group", "sexual": "sexual content", "threat": "a threat of violence",
    "self_harm": "about self-harm", "spam": "spam", "injection": "an attack on the instructions", "topic": "a listed topic",
}
REASON = {
    "insult": "insults a person", "hate": "attacks a group", "sexual": "is sexual", "threat": "threatens violence",
    "self_harm": "is about self-harm", "spam": "advertises or lures", "injection": "attacks the instructions", "topic": "names a listed topic",
}

NP = {
    "insult": """insults
insults of other people
insults aimed at a person in the chat
personal attacks
personal insults, with or without swearing
name-calling
rude names for other users
abusive language towards others
abuse of another member
demeaning remarks about somebody
degrading comments
put-downs
mockery of a person's looks or intelligence
harassment of another user
harassment
bullying
bullying of other players
contempt for another player as a person
offensive language directed at someone
offensive words for people
toxic remarks about teammates
toxic behaviour towards others
vulgar abuse
profanity thrown at a person
swearing at other people
words that belittle a person
humiliating somebody in public
calling someone stupid, trash or worthless
calling people idiots, losers or worse
insulting or degrading replies
verbal abuse
disrespectful and hostile messages
flaming other users
cruel remarks about someone
cursing somebody out
hurtful names and taunts
derogatory names for individuals
nasty comments about a person's worth
ridicule of single persons
insulting language of any kind""",
    "hate": """hate speech
hate against protected groups
hateful remarks about race, religion or origin
attacks on people because of their ethnicity, religion or sexuality
racism
racist remarks
sexism, racism and homophobia
slurs against a group of people
slurs
bigotry
bigoted statements about minorities
discrimination against a group
contempt for people of another nation or faith
dehumanising talk about a group
calls to exclude people by race, sex or belief
claims that a people is inferior
degrading statements about immigrants, women or gay people
hatred of a group for what they are
hostility towards ethnic or religious groups
antisemitism, islamophobia and other group hatred
xenophobic messages
homophobic and transphobic language
white supremacy and similar ideas
prejudice against people with a protected characteristic
attacks on protected characteristics such as race, gender or disability
ethnic hatred
racial slurs and other words of group contempt
statements that a race or religion is dirty or criminal
stereotypes that degrade a whole group
hate based on skin colour, sex or orientation
messages that spread hatred of minorities
incitement to hatred
hateful generalisations about a community
vilifying people for their origin
misogyny and other hatred of a sex
mocking people for their religion or ethnicity
hateful language about a nationality
intolerance towards other races and beliefs
group-based abuse
words of contempt for gays, foreigners or other minorities""",
    "sexual": """sexual content
sexually explicit content
explicit descriptions of sex
descriptions of sexual acts
pornography
pornographic text
erotic stories
erotica
nudity and sex
adult content
adult material of a sexual kind
sexual remarks about a person's body
sexual advances
requests for nude pictures
offers of sexual services
sexting
dirty talk
lewd messages
obscene sexual language
talk about intimate body parts meant to arouse
sexual fantasies
sex chat
sexualised comments
sexual solicitation
explicit sexual language
messages about sexual acts or genitals
lustful or arousing content
not-safe-for-work content
graphic sexual material
sexual propositions
intimate sexual detail
unwanted sexual messages
fetish content
explicit romantic scenes with sex
vulgar sexual talk
messages that sexualise somebody
nude pictures and talk about them
smut
X-rated writing
porn and anything sexually arousing""",
    "threat": """threats
threats of violence
threats against other people
threats to hurt or kill somebody
violent threats
messages that announce physical harm
violence
violence against people
talk of killing, shooting or beating someone
calls for violence
incitement to violence
encouragement of violent acts
praise of violence
glorification of murder or terror
plans to attack somebody
wishes that somebody be killed
death threats
intimidation with physical harm
descriptions of violent acts against people
graphic violence
statements of intent to injure a person
murderous talk
promises to beat someone up
threatening language
support for attacks, bombings or shootings
violent speech
wanting a person dead
messages about hurting people physically
threatening somebody's life
bloodshed, torture and killing
armed violence and threats of it
menacing messages
anything that threatens a person's safety
physical threats, open or veiled
violent extremism
brutal acts against humans
declaring that someone will be harmed
urging others to attack a person
content about killing people
threats and violent intentions""",
    "self_harm": """self-harm
suicide and self-harm
suicidal thoughts
talk of suicide
messages about cutting or hurting oneself
statements of wanting to die
encouragement of suicide
instructions for self-harm
methods of suicide
self-injury
plans to end one's own life
telling somebody to kill themselves
eating disorders and starving oneself
praise of self-harm
a person who is at risk of suicide
content that promotes suicide or cutting
asking how to hurt oneself
wishes to be dead
self-destructive acts
people who want to harm themselves
overdose on purpose
suicidal statements
signs that the writer may end their life
goodbye messages of a suicidal person
hurting one's own body
burning, cutting or starving oneself
anorexia and cutting tips
posts on self-mutilation
despair with a wish to die
glorifying suicide
thoughts of killing oneself
self-harm urges
a wish not to live any more
advice on ways to die
dangerous acts against oneself
ending it all
harm that people do to themselves
suicide notes
urges to cut
talk about taking one's own life""",
    "spam": """spam
spam and scams
advertising
unwanted advertising
unsolicited promotions
commercial messages that nobody asked for
prize notifications and fake winnings
scams
fraud attempts
phishing
links to offers, prizes or free gifts
offers of free money or gifts
calls to text, call or click to claim something
marketing messages
promotion of products or services
sales pitches
get-rich-quick offers
lottery and prize claims
premium-rate numbers and paid subscriptions
ringtone, dating and loan offers
bulk messages that sell something
messages that lure the reader to pay
selling accounts, boosts or followers
requests for passwords or card numbers
fake giveaways
self-promotion with links
junk messages
cheap deals and discounts
deceptive offers
asking people to subscribe, buy or join
bait to get clicks or money
commercial solicitation
advertisements for other servers or shops
tricks to get money or personal data
unwanted commercial texts
win-a-prize messages
pushing goods on people
promotional texts with a phone number or code
swindles and lures
cash and voucher promises""",
    "injection": """prompt injection
attempts to override the instructions
attempts to make the model ignore its rules
jailbreaks
jailbreak attempts
requests to ignore previous instructions
requests to reveal the system prompt
attempts to extract hidden instructions or secrets
attacks on the assistant's instructions
orders to forget earlier instructions
role play meant to get around the rules
messages that give the model new rules
manipulation of the language model
tricks that make an AI drop its restrictions
instructions hidden in a text for the model
commands to act without limits
asking the model for its secret password or key
prompts that try to take control of the assistant
forged system or developer messages
attempts to bypass safety rules of a model
instruction hijacking
adversarial prompts
efforts to change the assistant's behaviour against its operator
pretending to be the administrator of the model
prompts that tell the assistant to disregard what came before
leaking of the system prompt
attacks that disguise commands as data
prompts with encoded or split instructions
circumventing the model's guidelines
telling the bot to switch to an unrestricted mode
overriding the operator's commands
attempts to get confidential instructions out of the bot
messages that redirect the assistant from its task
prompt hacking
asking to repeat or print the initial prompt
smuggled instructions
attempts to trick the system into disobeying
requests to skip the guardrails
persuading the model to break policy
text that poses as instructions from a higher authority""",
}

VP = {
    "insult": """insults a person
insults someone as a person, with or without profanity
attacks another user personally
calls somebody names
belittles or mocks a person
abuses another member
is rude and degrading to someone
uses offensive words for another person
humiliates a user
bullies or harasses somebody
swears at another person
shows contempt for a teammate as a human being
says that somebody is stupid, ugly or worthless
demeans a person
taunts someone with hurtful names
curses another user
ridicules an individual
is hostile and abusive towards a reader
treats a person with scorn
flames other players""",
    "hate": """attacks people because of a protected characteristic
expresses hatred of a group
uses a slur against a group or its members
says that a race, religion or sex is inferior
degrades people for their origin, faith or sexuality
is racist, sexist or homophobic
calls for the exclusion of a minority
dehumanises an ethnic or religious group
spreads hatred of immigrants or other groups
insults a whole nation, race or belief
shows contempt for gay people, women or foreigners
blames a whole people for something bad
promotes discrimination
denies people their dignity because of race or gender
vilifies a community
mocks people for being disabled, foreign or gay
stirs up ethnic hatred
treats a protected group as less than human
speaks with bigotry about a minority
attacks a faith's followers as such""",
    "sexual": """describes sexual acts
contains explicit sexual language
asks for or offers sexual pictures or services
makes sexual remarks about somebody
is meant to arouse
talks about sex in detail
sexualises a person
tells an erotic story
invites somebody to sex
mentions genitals in a lewd way
shares pornographic material
requests nude photos
is obscene in a sexual way
flirts with explicit sexual detail
depicts nudity or intercourse
makes a sexual proposition
is adult or pornographic in nature
shares sexual fantasies
harasses somebody sexually
writes smut""",
    "threat": """threatens somebody with violence
threatens to hurt or kill a person
announces physical harm
calls for violence against people
praises a violent act
says that somebody should be killed
plans an attack on somebody
describes brutal violence against people
incites others to attack
wishes death on a person
intimidates a person with harm
promises to beat, shoot or stab someone
glorifies murder or terrorism
states the intent to injure someone
encourages violence
menaces a person's life
talks of killing people
supports shootings or bombings
tells others to use force against somebody
is violent towards humans""",
    "self_harm": """talks about suicide or self-harm
says that the writer wants to die
encourages somebody to hurt themselves
asks for a way to end one's life
describes cutting or starving oneself
tells a person to kill themselves
gives instructions for self-injury
shows that someone is at risk of suicide
praises self-harm
expresses suicidal thoughts
mentions harming oneself
promotes an eating disorder
plans an overdose
says goodbye before a suicide
expresses an urge to cut
wishes not to be alive
glorifies taking one's own life
asks how to hurt oneself
confesses to self-injury
hints that the author will end it all""",
    "spam": """advertises something unasked
promotes a product or service
promises a prize or free gift
asks the reader to call, text or click
tries to cheat people out of money
lures the reader to a link or payment
sells something to strangers
claims that the reader has won
asks for passwords or bank data
is junk or bulk mail
offers cheap deals
pushes a paid service or subscription
is a scam
poses as a company to get data
invites to buy or join for money
contains marketing
offers loans, dating or ringtones
begs for clicks and subscribers
makes a commercial offer
phishes for accounts""",
    "injection": """tries to override the model's instructions
tells the assistant to ignore its rules
asks for the system prompt or hidden instructions
attempts a jailbreak
gives the model a role without limits
hides commands for the model in a text
tries to take control of the assistant
orders the bot to forget what it was told
attempts to extract a secret or password from the model
pretends to be a developer or administrator
asks the model to act against its guidelines
poses as instructions with more authority
manipulates the language model
tricks the AI into breaking policy
tells the system to disregard earlier messages
bypasses the safety rules of the bot
forges a system message
wants the assistant to leave its task
smuggles instructions in code or another language
asks to print the initial prompt""",
}

DEF = {
    "insult": [
        "{np}. This covers words that belittle a person: intelligence, looks, worth or family.\n  It counts also when it is meant as a joke.",
        "{np}: any message whose point is to hurt or degrade a person.\n  Blunt criticism of play or ideas does not count.",
        "{np}, where a person is the target. Swearing at nobody is something else."],
    "hate": [
        "{np}. A group is defined by race, ethnicity, nationality, religion, sex, orientation or disability.\n  Misspelt and coded words count too.",
        "{np}: whoever is attacked for what they are, not for what they do.\n  Criticism of a government or an idea does not count.",
        "{np}, also when said as a joke or quoted with approval."],
    "sexual": [
        "{np}. This covers acts, body parts and requests, in plain words or hinted at.\n  Health and education do not count.",
        "{np}: text that would not be shown to a thirteen-year-old.\n  Affection without detail is fine.",
        "{np}, whoever it is about. Coarse words as mere expletives are something else."],
    "threat": [
        "{np}. It counts when a real person could be harmed, now or later.\n  Violence inside a game does not count.",
        "{np}: blows, weapons, killing, or praise of those who did it.\n  News and history are something else.",
        "{np}, also when conditional or veiled. Figures of speech do not count."],
    "self_harm": [
        "{np}. The writer or somebody else may be in danger.\n  Recovery and support are something else.",
        "{np}: suicide, cutting, burning, starving and other injury to oneself.\n  Sadness alone does not count.",
        "{np}, also when only hinted at. Such messages are read by a person who can help."],
    "spam": [
        "{np}. Typical signs are prizes, prices, links, numbers to call and deadlines.\n  Trade inside the game does not count.",
        "{np}: the sender wants money, clicks or data from strangers.\n  A recommendation that was asked for is fine.",
        "{np}, sent once or many times. Warnings about such messages are something else."],
    "injection": [
        "{np}. The user tries to have more authority than the operator gave.\n  Corrections of one's own request do not count.",
        "{np}: the text addresses the model itself and wants it to break its rules.\n  Ordinary questions and role play are fine.",
        "{np}, in any language and any disguise. Questions about how models work are something else."],
}

# Lists of typical words, as some policies give them in place of a sentence.
WORDS = {
    "insult": "idiot moron stupid trash loser dumb ugly pathetic clown fool bitch ass worthless disgusting liar".split(),
    "hate": "race immigrants muslims jews gays women blacks whites foreigners religion nation slur inferior minorities vermin".split(),
    "sexual": "sex nude porn naked body lips moan aroused bed horny penis breasts erotic sexy strip".split(),
    "threat": "kill shoot murder stab beat attack bomb gun blood hurt weapon destroy dead burn violence".split(),
    "self_harm": "suicide cutting overdose die pills hurt myself starve razor blade noose scars anorexia goodbye".split(),
    "spam": "free win prize cash claim offer click call text subscribe buy cheap discount award ringtone guaranteed".split(),
    "injection": "ignore instructions previous prompt system reveal secret password override jailbreak developer pretend bypass rules".split(),
}

# Lines about things that no training text is labelled for: they must not attract anything, unless a text names them.
DISTRACTORS = """spoilers of films and games
messages in another language than English
medical advice
legal advice
political campaigning
illegal drugs and how to get them
gambling tips
piracy of films, music or software
cheating software and exploits
private addresses and phone numbers of others
impersonation of staff
discussion of moderation decisions
off-topic talk in the help channel
screenshots of private conversations
requests for homework solutions
buying votes
counterfeit goods
rumours about elections
misleading health claims
posting the same picture twice
weapons for sale
alcohol and tobacco
conspiracy theories
complaints about prices
real names of other players
financial advice
tips on breaking into accounts
leaks of unreleased products
very long walls of text
messages in capital letters only
links to other chat servers
requests to trade outside the market
begging for items
religious preaching
talk about competitors
unfounded accusations of cheating
recordings of voice chat
dangerous stunts and challenges
animal cruelty
personal data of employees""".split("\n")

FORBID = ["Do not post {np}.", "No {np}.", "{Np} is not allowed.", "{Np} must be removed.", "We do not allow {np}.", "It is forbidden to post {np}.",
          "{Np}: forbidden.", "Flag {np}.", "Never {np} here.", "This place does not tolerate {np}.", "Messages with {np} violate this rule.",
          "Block {np}.", "{Np} is a violation.", "Users may not write {np}.", "There is no room for {np} on this server.",
          "A message violates when it contains {np}.", "Remove any message with {np}.", "Anyone who posts {np} breaks the rules."]
FORBID_VP = ["A message must not be one that {vp}.", "It violates when it {vp}.", "Block what {vp}.", "A message that {vp} is not allowed.",
             "Remove a message if it {vp}.", "Not allowed: text that {vp}.", "Flag content that {vp}.", "Whatever {vp} is a violation."]
ALLOW = ["{Np} is allowed.", "We allow {np}.", "{Np} is fine here.", "{Np} may stay.", "Do not flag {np}.", "Leave {np} alone.", "No violation: {np}.",
         "{Np} does not violate.", "Users may write {np}.", "It is permitted to post {np}.", "Accept {np}.", "{Np}: permitted."]
ALLOW_VP = ["A message that {vp} is allowed.", "It may stay even when it {vp}.", "Permitted: text that {vp}.", "Accept what {vp}.",
            "It is no violation when a message {vp}.", "Leave content that {vp}."]
NEUTRAL = ["{Np}.", "{Np}", "{Np}, in any form.", "Messages with {np}.", "Content that contains {np}.", "Any {np}.", "Posts with {np}", "Cases of {np}.",
           "Text with {np}, open or hidden.", "{Np} of every kind."]
NEUTRAL_VP = ["{Vp}.", "{Vp}", "A message that {vp}.", "The text {vp}.", "Content which {vp}.", "It {vp}.", "{Vp}, openly or between the lines.", "The author {vp}."]
TOPIC = ["mentions of {w}", "talk about {w}", "anything about {w}", "messages about {w}", "the word {w}", "{w}", "questions about {w}", "discussion of {w}",
         "references to {w}", "posts on {w}", "the topic {w}"]


def _phrases(table):
    return {c: [p.strip() for p in t.split("\n") if p.strip()] for c, t in table.items()}


NP, VP = _phrases(NP), _phrases(VP)


def is_unseen(index):
    """Every fifth phrase is kept for measuring."""
    return index % 5 == 3


def pick(rng, items, unseen):
    """A phrase from the part for training, or from the part for measuring."""
    while True:
        i = rng.randrange(len(items))
        if is_unseen(i) == unseen:
            return items[i]


def capital(s):
    return s[0].upper() + s[1:]


def phrase_line(rng, np, vp, mode, unseen, definition=None):
    """One rule sentence; `mode` is forbid, allow or neutral."""
    if definition and mode == "neutral" and rng.random() < 0.3:
        return capital(definition.replace("{np}", np))
    frames_np = {"forbid": FORBID, "allow": ALLOW, "neutral": NEUTRAL}[mode]
    frames_vp = {"forbid": FORBID_VP, "allow": ALLOW_VP, "neutral": NEUTRAL_VP}[mode]
    if vp is not None and rng.random() < 0.4:
        return pick(rng, frames_vp, unseen).format(vp=vp, Vp=capital(vp))
    return pick(rng, frames_np, unseen).format(np=np, Np=capital(np))


def category_line(rng, category, mode, unseen):
    if mode == "neutral" and not unseen and rng.random() < 0.08:
        words = rng.sample(WORDS[category], rng.randint(4, 7))
        return rng.choice(["Words such as ", "Signs: ", "For example ", ""]) + ", ".join(words) + rng.choice([".", "", " and the like."])
    np, vp = pick(rng, NP[category], unseen), pick(rng, VP[category], unseen)
    definition = rng.choice(DEF[category]) if not unseen else None
    return phrase_line(rng, np, vp, mode, unseen, definition)


def topic_line(rng, word, mode, unseen=False):
    return phrase_line(rng, rng.choice(TOPIC).format(w=word), None, mode, unseen)


def distractor_line(rng, mode, unseen=False):
    return phrase_line(rng, rng.choice(DISTRACTORS), None, mode, unseen)
